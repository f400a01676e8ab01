"""Whether a training that goes on is the one that was stopped: its settings, its data, and what its bits depend on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from spanloom.check.data import DEV, TRAINING, files_of
from spanloom.config import RunConfig, flatten, to_table
from spanloom.contracts import Codec, Task
from spanloom.engine.checkpoint import Checkpoint
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.processes import gather, process_count
from spanloom.errors import ConfigError

MAY_CHANGE = frozenset(
    {
        "data.train",
        "data.dev",
        "data.fill",
        "train.epochs",
        "train.patience",
        "train.checkpoint_every",
        "train.threads",
        "train.track",
    }
)
"""What `--resume` may be given anew. The data may have moved, and the run that fills them, but must be the same; of the
threads their number counts, however it came about.
"""


NUMBERED = re.compile(r"\.source\[\d+\]")
"""What stands in a key for one of several data sets."""


def conditions(prepared: Prepared, device: torch.device) -> dict[str, Any]:
    """What a checkpoint tells of the circumstances of its training, for `check_kept`.

    dev: chose the best weights so far, and may have moved the learning rate. threads: how many share a sum decides how
    it is rounded.
    """
    task, config, codec, dev = prepared.task, prepared.config, prepared.codec, prepared.dev
    return {
        "config": to_table(config),
        "fingerprint": _fingerprint(task, codec, prepared.data, lines=config.train.augment.noise),
        "dev": None if dev is None else _fingerprint(task, codec, dev, lines=True),
        "processes": process_count(),
        "threads": torch.get_num_threads(),
        "device": device.type,
    }


def _fingerprint(task: Task, codec: Codec, data: Encoded, lines: bool) -> str:
    """SHA-256 of the codec, of every encoded row, and with `lines` of the examples themselves.

    Training reads nothing but the rows, unless noise is drawn; scores go by the examples.
    """
    total = hashlib.sha256(json.dumps(codec.to_dict(), sort_keys=True).encode())
    for row in data.rows:
        total.update(f"{row.group} {row.weight}{row.digest}".encode())  # the first two are what weighted sampling sees
        for name, array in sorted((row.inputs | row.targets).items()):
            total.update(f"{name} {array.dtype} {array.shape}".encode())
            total.update(np.ascontiguousarray(array).tobytes())
    for example, row in zip(data.examples, data.rows, strict=True) if lines else ():
        said = repr(example.gold) if row.digest else task.line(example)  # a file may have moved
        total.update(json.dumps([said, repr(example.lost)], sort_keys=True).encode())
    return total.hexdigest()


def check_settings_kept(checkpoint: Checkpoint, config: RunConfig) -> None:
    """Refuse to go on with other settings than before, because the result would be neither run."""
    before, now = flatten(checkpoint.about["config"]), flatten(to_table(config))
    for key in sorted(before.keys() | now.keys(), key=lambda key: (not key.endswith(".kind"), key)):
        if before.get(key) != now.get(key) and NUMBERED.sub("", key) not in MAY_CHANGE:
            found = f"{key} is {now.get(key)!r}"
            expected = f"{before.get(key)!r}, {_as_before(checkpoint)}"
            raise ConfigError("--resume", found, expected, f"Set {key} back, or train anew in another folder.")
    processes = checkpoint.about.get("processes", 1)
    if processes != process_count():
        found = f"the number of processes is {process_count()}"
        expected = f"{processes}, {_as_before(checkpoint)}"
        raise ConfigError("--resume", found, expected, f"Start {processes}, or train anew in another folder.")


def check_kept(checkpoint: Checkpoint, now: Mapping[str, Any], config: RunConfig) -> None:
    """Refuse to go on under other `conditions` than before; one that the checkpoint says nothing of is passed over."""
    before = {**now, **checkpoint.about}
    anew = "or train anew in another folder."
    if before["fingerprint"] != now["fingerprint"]:
        found = "the training data encodes to other rows than when the run was started"
        raise ConfigError(_where(config, TRAINING), found, "unchanged data", f"Put them back, {anew}")
    if before["dev"] != now["dev"]:
        raise _other_dev(before, config)
    if before["threads"] != now["threads"] and before["device"] == now["device"] == "cpu":
        found = f"the number of threads is {now['threads']}"
        expected = f"{before['threads']}, {_as_before(checkpoint)}"
        raise ConfigError("--resume", found, expected, f"Set train.threads = {before['threads']}, {anew}")


def _other_dev(before: Mapping[str, Any], config: RunConfig) -> ConfigError:
    anew = "or train anew in another folder."
    if not _where(config, DEV):
        found = "is not set, but dev data chose the best weights so far"
        return ConfigError("data.dev", found, "the same dev data", f"Set data.dev = {_path_of_dev(before)}, {anew}")
    if before["dev"] is None:
        found = "is set, but the run was started without dev data"
        return ConfigError("data.dev", found, "none, as then", f"Leave it out, {anew}")
    found = "the dev data is not the same as when the run was started"
    return ConfigError(_where(config, DEV), found, "unchanged data", f"Put it back, {anew}")


def _where(config: RunConfig, part: str) -> str:
    """The files of a part of the data, "" where there are none."""
    return ", ".join(str(file.path) for file in files_of(config.data) if file.part == part)


def _path_of_dev(before: Mapping[str, Any]) -> str:
    return json.dumps(before["config"]["data"].get("dev", "PATH"))


def _as_before(checkpoint: Checkpoint) -> str:
    return f"as when the run in {checkpoint.path.parent.parent} was started"


def check_same_data(fingerprint: str, config: RunConfig) -> None:
    """Processes that encode different rows would train on neither data set, or wait for each other for ever."""
    prints = gather(fingerprint)
    odd = [str(process) for process, other in enumerate(prints) if other != prints[0]]
    if odd:
        found = f"encodes to other rows in process {', '.join(odd)} than in process 0"
        raise ConfigError(_where(config, TRAINING), found, "the same data in each", "Give each the same files.")

"""A whole training in one call: read, check, fit, encode, build, train, save."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spanloom.check.leaks import FILE as TRAINING_TEXTS
from spanloom.config import RunConfig, flatten, to_table, to_toml
from spanloom.core import Codec, Task
from spanloom.engine.calibrate import calibrate
from spanloom.engine.card import facts, model_card
from spanloom.engine.checkpoint import Checkpoint, read_checkpoint, restore, save_checkpoint, save_model
from spanloom.engine.device import check_float16, keep_freed_memory, pick_device, repeatable
from spanloom.engine.encoded import Encoded
from spanloom.engine.guard import check_settings
from spanloom.engine.plots import draw_plots
from spanloom.engine.prepare import prepare
from spanloom.engine.processes import copy_first, from_first, gather, process_count, rank
from spanloom.engine.report import EpochReport, Metrics, Notice, Report, read_metrics
from spanloom.engine.state import Training, begin
from spanloom.engine.stop import StopRequest
from spanloom.engine.tracking import Tracking
from spanloom.engine.train import train
from spanloom.errors import CheckpointError, ConfigError, SpanloomError
from spanloom.nn.storage import load_json, store, store_json

MAY_CHANGE = frozenset(
    {
        "data.train",
        "data.dev",
        "train.epochs",
        "train.patience",
        "train.checkpoint_every",
        "train.threads",
        "train.track",
    }
)
"""What `--resume` may be given anew. The data may have moved, but must encode to the same rows."""


class Interrupted(SpanloomError):
    """Training was stopped by Ctrl-C, after it saved everything that is needed to go on."""

    def __init__(self, run: Path, step: int) -> None:
        config, output = shlex.quote(str(run / "config.toml")), shlex.quote(str(run))
        again = f"Start {process_count()} processes again" if process_count() > 1 else "Go on"
        remedy = f"{again} with: spanloom train {config} --output {output} --resume"
        super().__init__("", f"Stopped at step {step}", remedy=remedy)
        self.run = run
        self.step = step


def run_training(
    task: Task,
    config: RunConfig,
    output: Path,
    resume: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
    device: torch.device | None = None,
) -> dict[str, Any]:
    """Train a model into the run folder `output`, and return the scorecard of the weights that were kept.

    The kept weights are the best on dev, or the last where there is no dev data; the scorecard is then empty. Raises
    ConfigError for a setting or a folder that will not do, DataError for data that will not, CheckpointError for a
    checkpoint that cannot be written or read, and Interrupted after Ctrl-C.

    In several processes (see `join_processes`) each calls this; the first alone reports and writes.
    """
    check_settings(config, task)
    from_first(lambda: _check_folder(output, resume))
    first = rank() == 0
    on_report = on_report if first else _stay_silent
    device = device or pick_device()
    if device.type == "cpu":
        keep_freed_memory()
    with repeatable(device, config.train.threads):
        checkpoint = read_checkpoint(output) if resume else None
        if checkpoint is not None:
            _check_settings_kept(checkpoint, config)
        data, dev, codec = prepare(task, config, on_report)
        torch.manual_seed(config.seed)
        architecture = None if checkpoint is None else checkpoint.about["architecture"]
        model = task.build(config.model, codec, architecture).to(device)
        copy_first(model)
        state = begin(model, config.train)
        about: dict[str, Any] = {
            "config": to_table(config),
            "architecture": getattr(state.model, "architecture", None),
            "fingerprint": _fingerprint(codec, data),
            "processes": process_count(),
        }
        _check_same_data(about["fingerprint"], config)
        if checkpoint is not None:
            _check_data_kept(checkpoint, about["fingerprint"], config)
            restore(checkpoint, state)
            on_report(Notice(f"Going on from step {state.step}, in epoch {state.epoch}."))
        if config.train.precision == "fp16":
            check_float16(state.model, codec.collate(data.rows[:1]), task.losses)
        if dev is None:
            on_report(Notice(_without_dev(task)))
        if first:
            store(output / "config.toml", to_toml(config))
            if data.texts is not None:
                data.texts.save(output / TRAINING_TEXTS)
        try:
            _train_and_save(task, config, codec, state, data, dev, output, about, on_report, device)
            from_first(lambda: calibrate(task, codec, dev, output, device, on_report))
        finally:
            if first:
                draw_plots(read_metrics(output / "metrics.jsonl"), output / "plots")
    scorecard = from_first(lambda: load_json(output / "scorecard.json") if state.best_epoch else None)
    if first:
        epochs = [line for line in read_metrics(output / "metrics.jsonl") if line["kind"] == "epoch"]
        store(output / "README.md", model_card(task, config, facts(state, data, epochs), data, dev, scorecard))
    return scorecard or {}


def _without_dev(task: Task) -> str:
    said = "No dev data: no epoch is scored, and the last weights are kept. Set data.dev to choose the best."
    return said if task.calibrate is None else f"{said} Nothing is calibrated: answers are given without a threshold."


def _stay_silent(report: Report) -> None:
    """What every process but the first makes of its reports."""


def _train_and_save(
    task: Task,
    config: RunConfig,
    codec: Codec,
    state: Training,
    data: Encoded,
    dev: Encoded | None,
    output: Path,
    about: Mapping[str, Any],
    on_report: Callable[[Report], None],
    device: torch.device,
) -> None:
    """Consume the loop's reports: record each, keep the best model, save checkpoints, and stop when asked to."""
    every = config.train.checkpoint_every
    first = rank() == 0
    with ExitStack() as open_until_the_end:
        keep_open = open_until_the_end.enter_context
        records: list[Metrics | Tracking] = []
        if first:
            records.append(keep_open(closing(Metrics(output / "metrics.jsonl", state.step))))
            records.append(keep_open(closing(Tracking(config, output, state.step))))
        stop = keep_open(StopRequest())
        for report in train(task, config, codec, state, data, dev, device):
            on_report(report)
            if isinstance(report, Notice):
                continue
            stopping = any(gather(stop.requested))  # the same answer everywhere, whichever process was asked
            for record in records:
                record.add(report)
            if first and isinstance(report, EpochReport):
                _keep(task, config, codec, state, report, output)
            if first and (isinstance(report, EpochReport) or stopping or (every and state.step % every == 0)):
                save_checkpoint(output, state, about)
            if stopping:
                gather(None)  # a launcher ends the others when one ends, so all wait until the first has saved
                raise Interrupted(output, state.step)


def _keep(task: Task, config: RunConfig, codec: Codec, state: Training, report: EpochReport, output: Path) -> None:
    """Save the model if it is the best so far, or if none was ever scored; averaged, where there is an average."""
    if not report.best and state.best_epoch:
        return
    if state.average is None:
        save_model(output / "model", task, config, codec, state.model)
    else:
        with state.average.applied():
            save_model(output / "model", task, config, codec, state.model)
    if report.scorecard is not None:
        store_json(output / "scorecard.json", report.scorecard)


def _check_folder(output: Path, resume: bool) -> None:
    if output.exists() and not output.is_dir():
        raise ConfigError(str(output), "is a file", "a folder for the run", "Choose another --output.")
    if not resume and output.exists() and any(output.iterdir()):
        expected = "a new or an empty folder for the run"
        raise ConfigError(str(output), "the folder is not empty", expected, "Choose another --output, or add --resume.")
    if resume and not output.exists():
        raise CheckpointError(str(output), "no such folder", "a run that was started", "Leave out --resume.")


def _fingerprint(codec: Codec, data: Encoded) -> str:
    """SHA-256 of the codec and of every encoded training row: whether a resumed run sees the same data."""
    total = hashlib.sha256(json.dumps(codec.to_dict(), sort_keys=True).encode())
    for row in data.rows:
        total.update(f"{row.group} {row.weight}".encode())  # which weighted sampling goes by
        for name, array in sorted((row.inputs | row.targets).items()):
            total.update(f"{name} {array.dtype} {array.shape}".encode())
            total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def _check_settings_kept(checkpoint: Checkpoint, config: RunConfig) -> None:
    """Refuse to go on with other settings than before, because the result would be neither run."""
    before, now = flatten(checkpoint.about["config"]), flatten(to_table(config))
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key) and key not in MAY_CHANGE:
            found = f"{key} is {now.get(key)!r}"
            expected = f"{before.get(key)!r}, as when the run in {checkpoint.path.parent.parent} was started"
            raise ConfigError("--resume", found, expected, f"Set {key} back, or train anew in another folder.")
    processes = checkpoint.about.get("processes", 1)
    if processes != process_count():
        found = f"the number of processes is {process_count()}"
        expected = f"{processes}, as when the run in {checkpoint.path.parent.parent} was started"
        raise ConfigError("--resume", found, expected, f"Start {processes}, or train anew in another folder.")


def _check_same_data(fingerprint: str, config: RunConfig) -> None:
    """Processes that encode different rows would train on neither data set, or wait for each other for ever."""
    prints = gather(fingerprint)
    odd = [str(process) for process, other in enumerate(prints) if other != prints[0]]
    if odd:
        found = f"encodes to other rows in process {', '.join(odd)} than in process 0"
        raise ConfigError(str(config.data.train), found, "the same data in each", "Give each the same files.")


def _check_data_kept(checkpoint: Checkpoint, fingerprint: str, config: RunConfig) -> None:
    if checkpoint.about["fingerprint"] != fingerprint:
        found = "the training data encodes to other rows than when the run was started"
        raise ConfigError(str(config.data.train), found, "unchanged data", "Train anew in another folder.")

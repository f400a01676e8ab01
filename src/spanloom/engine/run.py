"""A whole training in one call: read, check, fit, encode, build, train, save."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import torch

from spanloom.config import RunConfig, to_table, to_toml
from spanloom.core import Codec, Example, Task
from spanloom.engine.card import facts, model_card
from spanloom.engine.checkpoint import Checkpoint, read_checkpoint, restore, save_checkpoint, save_model
from spanloom.engine.device import check_float16, keep_freed_memory, pick_device, repeatable
from spanloom.engine.encoded import Encoded, in_windows
from spanloom.engine.guard import check_rows, check_settings
from spanloom.engine.plots import draw_plots
from spanloom.engine.report import EpochReport, Metrics, Notice, Report, Stage, read_metrics
from spanloom.engine.state import Training, begin
from spanloom.engine.storage import load_json, store, store_json
from spanloom.engine.train import train
from spanloom.errors import CheckpointError, ConfigError, DataError, SpanloomError

MAY_CHANGE = frozenset(
    {"data.train", "data.dev", "train.epochs", "train.patience", "train.checkpoint_every", "train.threads"}
)
"""What `--resume` may be given anew. The data may have moved, but must encode to the same rows."""


class Interrupted(SpanloomError):
    """Training was stopped by Ctrl-C, after it saved everything that is needed to go on."""

    def __init__(self, run: Path, step: int) -> None:
        config, output = shlex.quote(str(run / "config.toml")), shlex.quote(str(run))
        remedy = f"Go on with: spanloom train {config} --output {output} --resume"
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
    """
    check_settings(config, task)
    _check_folder(output, resume)
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
        state = begin(task.build(config.model, codec, architecture).to(device), config.train)
        about: dict[str, Any] = {
            "config": to_table(config),
            "architecture": getattr(state.model, "architecture", None),
            "fingerprint": _fingerprint(codec, data),
        }
        if checkpoint is not None:
            _check_data_kept(checkpoint, about["fingerprint"], config)
            restore(checkpoint, state)
            on_report(Notice(f"Going on from step {state.step}, in epoch {state.epoch}."))
        if config.train.precision == "fp16":
            check_float16(state.model, codec.collate(data.rows[:1]), task.losses)
        if dev is None:
            on_report(
                Notice(
                    "No dev data: no epoch is scored, and the last weights are kept. Set data.dev to choose the best."
                )
            )
        store(output / "config.toml", to_toml(config))
        try:
            _train_and_save(task, config, codec, state, data, dev, output, about, on_report, device)
        finally:
            draw_plots(read_metrics(output / "metrics.jsonl"), output / "plots")
    scorecard = load_json(output / "scorecard.json") if state.best_epoch else None
    store(output / "README.md", model_card(task, config, facts(state, data), data, dev, scorecard))
    return scorecard or {}


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
    metrics = Metrics(output / "metrics.jsonl", state.step)
    try:
        with StopRequest() as stop:
            for report in train(task, config, codec, state, data, dev, device):
                on_report(report)
                if isinstance(report, Notice):
                    continue
                metrics.add(report)
                if isinstance(report, EpochReport):
                    _keep(task, config, codec, state, report, output)
                if isinstance(report, EpochReport) or stop.requested or (every and state.step % every == 0):
                    save_checkpoint(output, state, about)
                if stop.requested:
                    raise Interrupted(output, state.step)
    finally:
        metrics.close()


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


class StopRequest:
    """Turns the first Ctrl-C into a request to stop after the step that is going on; a second one stops at once."""

    def __init__(self) -> None:
        self.requested = False
        self._main = threading.current_thread() is threading.main_thread()  # only there can signals be handled
        self._before: Any = None

    def __enter__(self) -> StopRequest:
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


def _check_folder(output: Path, resume: bool) -> None:
    if output.exists() and not output.is_dir():
        raise ConfigError(str(output), "is a file", "a folder for the run", "Choose another --output.")
    if not resume and output.exists() and any(output.iterdir()):
        expected = "a new or an empty folder for the run"
        raise ConfigError(str(output), "the folder is not empty", expected, "Choose another --output, or add --resume.")
    if resume and not output.exists():
        raise CheckpointError(str(output), "no such folder", "a run that was started", "Leave out --resume.")


def prepare(
    task: Task, config: RunConfig, on_report: Callable[[Report], None]
) -> tuple[Encoded, Encoded | None, Codec]:
    """Read both parts, fit the codec on the training part alone, encode both, and check every row."""
    train_path, dev_path = config.data.train, config.data.dev
    assert train_path is not None, "check_settings saw to it"
    examples = _read(task, config, train_path)
    dev_examples = _read(task, config, dev_path) if dev_path is not None else None
    codec: Codec = task.fit(examples, config)
    data = _encode(codec, in_windows(examples, config, on_report), "encoding training data", on_report)
    strict = config.data.unknown_labels == "error"
    dev = _encode(codec, dev_examples, "encoding dev data", on_report, strict) if dev_examples is not None else None
    return data, dev, codec


def _read(task: Task, config: RunConfig, path: Path) -> list[Example]:
    examples = [example for example in task.read(path, config.data) if example.gold is not None]
    if not examples:
        raise DataError(str(path), "no example with a gold answer", "at least one", "Check data.format and the file.")
    return examples


def _encode(
    codec: Codec, examples: Sequence[Example], name: str, on_report: Callable[[Report], None], with_gold: bool = True
) -> Encoded:
    """Rows of examples. Without gold nothing can be unknown, and scoring needs the examples' gold, not the rows'."""
    rows = []
    for example in examples:
        rows.append(codec.encode(example if with_gold else dataclasses.replace(example, gold=None)))
        if len(rows) % 100 == 0 or len(rows) == len(examples):
            on_report(Stage(name, len(rows), len(examples)))
    check_rows(rows, examples, codec)
    return Encoded(examples, rows)


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
    before, now = _flat(checkpoint.about["config"]), _flat(to_table(config))
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key) and key not in MAY_CHANGE:
            found = f"{key} is {now.get(key)!r}"
            expected = f"{before.get(key)!r}, as when the run in {checkpoint.path.parent.parent} was started"
            raise ConfigError("--resume", found, expected, f"Set {key} back, or train anew in another folder.")


def _check_data_kept(checkpoint: Checkpoint, fingerprint: str, config: RunConfig) -> None:
    if checkpoint.about["fingerprint"] != fingerprint:
        found = "the training data encodes to other rows than when the run was started"
        raise ConfigError(str(config.data.train), found, "unchanged data", "Train anew in another folder.")


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat

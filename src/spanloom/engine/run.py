"""A whole training in one call: read, check, fit, encode, build, train, save."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from spanloom.check.leaks import FILE as TRAINING_TEXTS
from spanloom.config import RunConfig, to_toml
from spanloom.contracts import Scorecard, Task
from spanloom.engine.calibrate import calibrate
from spanloom.engine.card import Facts, facts, model_card
from spanloom.engine.checkpoint import Checkpoint, checkpoint_path, read_checkpoint, restore, save_checkpoint
from spanloom.engine.device import check_float16, keep_freed_memory, pick_device
from spanloom.engine.encoded import Prepared
from spanloom.engine.folder import claimed
from spanloom.engine.guard import check_settings
from spanloom.engine.memory import peak_memory
from spanloom.engine.model_folder import save_model
from spanloom.engine.plots import draw_plots
from spanloom.engine.prepare import prepare
from spanloom.engine.processes import from_first, gather, process_count, rank
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import EndReport, EpochReport, Metrics, Notice, Report, read_metrics
from spanloom.engine.resume import check_kept, check_same_data, check_settings_kept, conditions
from spanloom.engine.stop import StopRequest
from spanloom.engine.tracking import Tracking
from spanloom.engine.train import train
from spanloom.engine.trainer import Trainer, build_trainer
from spanloom.errors import CheckpointError, SpanloomError
from spanloom.nn.storage import load_json, store, store_json


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
) -> Scorecard:
    """Train a model into the run folder `output`, and return the scorecard of the weights that were kept.

    The kept weights are the best on dev, or the last where there is no dev data; the scorecard is then empty. Raises
    ConfigError for a setting or a folder that will not do, DataError for data that will not, CheckpointError for a
    checkpoint that cannot be written or read, and Interrupted after Ctrl-C.

    In several processes (see `join_processes`) each calls this; the first alone reports and writes.
    """
    check_settings(config, task)
    first = rank() == 0
    on_report = on_report if first else _stay_silent
    device = device or pick_device()
    if device.type == "cpu":
        keep_freed_memory()
    with claimed(output, resume) if first else nullcontext(), repeatable(device, config.train.threads):
        goes_on = from_first(lambda: resume and checkpoint_path(output) is not None)
        if resume and not goes_on:
            on_report(Notice("No checkpoint was saved yet: starting from the beginning."))
        run = _begin(task, config, read_checkpoint(output) if goes_on else None, on_report, device)
        if first:
            if not goes_on:  # so that whatever happens from here on, there is something to go on from
                save_checkpoint(output, run.trainer.state, run.about)
            store(output / "config.toml", to_toml(config))
            if run.prepared.data.texts is not None:
                run.prepared.data.texts.save(output / TRAINING_TEXTS)
        prepared = run.prepared
        try:
            _train_and_save(run, output, on_report)
            known, best, epoch = _known(run, output), run.trainer.state.best_epoch, run.trainer.state.epoch
            del run  # moments, averages and weights: what comes has its model from the disk
            if first:
                on_report(Notice(_still_to_do(prepared)))
            from_first(lambda: calibrate(prepared, output, device, on_report))
        except BaseException:
            with suppress(CheckpointError):  # on a full disk, what filled it is said already
                _draw(output)
            raise
        _draw(output)
        return from_first(lambda: _finish(prepared, _ended(known, epoch, output), best, output)) or {}


def _still_to_do(prepared: Prepared) -> str:
    calibrates = prepared.task.calibrate is not None and prepared.dev is not None
    calibrating = "calibrating on dev, " if calibrates else ""
    return f"Trained; {calibrating}drawing plots, writing the model card."


@dataclass(frozen=True)
class _Run:
    """A training that stands ready, with all that it goes by. about: what its checkpoints tell beside its numbers."""

    prepared: Prepared
    trainer: Trainer
    about: Mapping[str, Any]


def _begin(
    task: Task,
    config: RunConfig,
    checkpoint: Checkpoint | None,
    on_report: Callable[[Report], None],
    device: torch.device,
) -> _Run:
    """Everything before the first step, which is where nearly all that can be wrong is found."""
    if checkpoint is not None:
        check_settings_kept(checkpoint, config)
    prepared = prepare(task, config, on_report)
    trainer = build_trainer(prepared, device, None if checkpoint is None else checkpoint.about["architecture"])
    state = trainer.state
    about = conditions(prepared, device)
    about["architecture"] = state.model.architecture
    check_same_data(about["fingerprint"], config)
    if checkpoint is not None:
        check_kept(checkpoint, about, config)
        restore(checkpoint, state)
        on_report(Notice(f"Going on from step {state.step}, in epoch {state.epoch}."))
    if config.train.precision == "fp16":
        check_float16(state.model, trainer.collate(prepared.data.rows[:1]), task.losses)
    if prepared.dev is None:
        on_report(Notice(_without_dev(task)))
    return _Run(prepared, trainer, about)


def _draw(output: Path) -> None:
    if rank() == 0:
        draw_plots(read_metrics(output / "metrics.jsonl"), output / "plots")


def _known(run: _Run, output: Path) -> Facts:
    """What the model card tells of the training."""
    epochs = [line for line in read_metrics(output / "metrics.jsonl") if line["kind"] == "epoch"]
    return facts(run.trainer.state, run.prepared.data, epochs)


def _ended(known: Facts, epoch: int, output: Path) -> Facts:
    """Record the end of the training behind its last epoch, and what is known of it with the memory of all of it."""
    report = EndReport(known.step, max(known.peak_memory, peak_memory()))
    with closing(Metrics(output / "metrics.jsonl", known.step, epoch)) as metrics:
        metrics.add(report)
    return replace(known, peak_memory=report.peak_memory)


def _finish(prepared: Prepared, known: Facts, best_epoch: int, output: Path) -> Scorecard | None:
    """Write the model card, and return the scorecard of the kept weights, None where dev was never scored."""
    scorecard = load_json(output / "scorecard.json") if best_epoch else None
    store(output / "README.md", model_card(prepared, known, scorecard))
    return scorecard


def _without_dev(task: Task) -> str:
    said = "No dev data: no epoch is scored, and the last weights are kept. Set data.dev to choose the best."
    return said if task.calibrate is None else f"{said} Nothing is calibrated: scores are the network's own."


def _stay_silent(report: Report) -> None:
    """What every process but the first makes of its reports."""


def _train_and_save(run: _Run, output: Path, on_report: Callable[[Report], None]) -> None:
    """Consume the loop's reports: record each, keep the best model, save checkpoints, and stop when asked to."""
    config, state = run.prepared.config, run.trainer.state
    every = config.train.checkpoint_every
    first = rank() == 0
    with ExitStack() as open_until_the_end:
        keep_open = open_until_the_end.enter_context
        records: list[Metrics | Tracking] = []
        if first:
            records.append(keep_open(closing(Metrics(output / "metrics.jsonl", state.step, state.epoch))))
            records.append(keep_open(closing(Tracking(config, output, state.step))))
        stop = keep_open(StopRequest())
        for report in train(run.prepared, run.trainer):
            on_report(report)
            if isinstance(report, Notice):
                continue
            stopping = any(gather(stop.requested))  # the same answer everywhere, whichever process was asked
            for record in records:
                record.add(report)
            if first and isinstance(report, EpochReport):
                _keep(run, report, output)
            if first and (isinstance(report, EpochReport) or stopping or (every and state.step % every == 0)):
                save_checkpoint(output, state, run.about)
            if stopping:
                gather(None)  # a launcher ends the others when one ends, so all wait until the first has saved
                raise Interrupted(output, state.step)


def _keep(run: _Run, report: EpochReport, output: Path) -> None:
    """Save the model if it is the best so far, or if none was ever scored; averaged, where there is an average."""
    prepared, state = run.prepared, run.trainer.state
    if not report.best and state.best_epoch:
        return
    with state.average.applied() if state.average is not None else nullcontext():
        save_model(output / "model", prepared.task, prepared.config, prepared.codec, state.model, prepared.data.scripts)
    if report.scorecard is not None:
        store_json(output / "scorecard.json", report.scorecard)

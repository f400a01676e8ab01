"""What a configuration would do, before anything is trained: its batches, its learning rates, and rates to try."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from spanloom.batch.evenly import evenly_chosen
from spanloom.batch.padding import SamplerCost, compare_samplers
from spanloom.batch.samplers import build_sampler
from spanloom.check.data import without_dev
from spanloom.config import RunConfig
from spanloom.contracts import Task
from spanloom.engine.device import keep_freed_memory, pick_device
from spanloom.engine.encoded import Prepared, rows_of
from spanloom.engine.guard import check_settings
from spanloom.engine.prepare import prepare
from spanloom.engine.preview_plots import draw_range_test, draw_samplers, draw_schedule
from spanloom.engine.rates import loss_of, smooth, suggest_rate, try_rates
from spanloom.engine.repeat import repeatable
from spanloom.engine.report import Report
from spanloom.engine.schedule import ON_DEV, build_schedule
from spanloom.engine.train import total_steps
from spanloom.engine.trainer import Trainer, build_trainer
from spanloom.errors import ConfigError
from spanloom.nn.storage import store
from spanloom.pixels.pillow import as_png

OnReport = Callable[[Report], None]

PICTURES, EPOCHS = 10, 7
"""What is drawn of how training varies its pictures."""


@dataclass(frozen=True)
class SchedulePreview:
    """The updates of the whole run, the highest learning rate of each part of the model, and what is not drawn."""

    steps: int
    highest: dict[str, float]
    note: str


@dataclass(frozen=True)
class RangeTest:
    """Updates done, the highest rate tried, and the settings to try, empty where the loss never fell."""

    steps: int
    highest: float
    settings: dict[str, float]


def preview_samplers(task: Task, config: RunConfig, path: Path, on_report: OnReport) -> list[SamplerCost]:
    """Draw the padding waste of every sampler on the training data. Raises as `run_training` does."""
    prepared = _training_data(task, config, on_report)
    costs = compare_samplers(prepared.data.rows, config.train, config.seed)
    draw_samplers(costs, config.train.sampler.kind, path)
    return costs


def preview_schedule(task: Task, config: RunConfig, path: Path, on_report: OnReport) -> SchedulePreview:
    """Draw the learning rate over the steps, for each part of the model. Raises as `run_training` does."""
    prepared = _training_data(task, config, on_report)
    steps = total_steps(build_sampler(prepared.data.rows, config.train, config.seed, prepared.data.mix), config.train)
    factor = build_schedule(config.train)
    trainer = _fresh(prepared, torch.device("cpu"))
    peaks = {group["part"]: group["peak"] for group in trainer.state.optimizer.param_groups}
    shown = np.unique(np.linspace(0, steps - 1, 2000).astype(np.int64))
    factors = np.array([factor(step, steps) for step in shown.tolist()])
    draw_schedule(shown + 1, {part: peak * factors for part, peak in peaks.items()}, path)
    note = "; what the dev scores will change is not drawn" if config.train.schedule.kind in ON_DEV else ""
    return SchedulePreview(steps, {part: peak * float(factors.max()) for part, peak in peaks.items()}, note)


def find_rate(
    task: Task, config: RunConfig, path: Path, on_report: OnReport, device: torch.device | None = None
) -> RangeTest:
    """Draw the loss of a fresh model over a rising learning rate, and suggest rates. Raises as `run_training` does."""
    prepared = _training_data(task, config, on_report)
    device = device or pick_device()
    if device.type == "cpu":
        keep_freed_memory()
    rates, losses = [], []
    with repeatable(device, config.train.threads):
        trainer = _fresh(prepared, device)
        for report in try_rates(prepared, trainer):
            on_report(report)
            rates.append(report.learning_rate)
            losses.append(loss_of(report))
    suggested = suggest_rate(rates, losses)
    draw_range_test(rates, losses, smooth(losses), suggested, path)
    settings = {}
    if suggested is not None:
        parts = {group["part"]: group["peak"] for group in trainer.state.optimizer.param_groups}
        factor = suggested / max(parts.values())
        names = ["learning_rate", "encoder_learning_rate"][: 1 + any("encoder" in part for part in parts)]
        settings = {f"train.{name}": factor * getattr(config.train, name) for name in names}
    return RangeTest(len(rates), rates[-1], settings)


def preview_augment(task: Task, config: RunConfig, path: Path, on_report: OnReport) -> int:
    """Draw some of the training pictures, each as it is and as the first epochs train on it; how many.

    Raises as `run_training` does, and ConfigError for a task that reads no pictures.
    """
    if task.sheet is None:
        found = f"the task '{task.name}' reads no pictures that could be drawn"
        raise ConfigError("--plot-augment", found, remedy="Leave it out.")
    prepared = _training_data(task, config, on_report)
    chosen = evenly_chosen(list(range(len(prepared.data.rows))), PICTURES)
    lines = [
        [prepared.data.rows[index], *(rows_of(prepared, np.array([index]), epoch)[0] for epoch in range(1, EPOCHS + 1))]
        for index in chosen
    ]
    store(path, as_png(task.sheet(lines, prepared.codec), str(path)))
    return len(chosen)


def _training_data(task: Task, config: RunConfig, on_report: OnReport) -> Prepared:
    """The training part alone, read, encoded and checked."""
    check_settings(config, task)
    return prepare(task, dataclasses.replace(config, data=without_dev(config.data)), on_report)


def _fresh(prepared: Prepared, device: torch.device) -> Trainer:
    """A training at its start, without an average, which nobody asks for its score."""
    config = prepared.config
    config = dataclasses.replace(config, train=dataclasses.replace(config.train, ema=0.0))
    return build_trainer(dataclasses.replace(prepared, config=config), device)

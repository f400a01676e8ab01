"""The training loop: a generator of reports. Printing, plotting and saving stand outside it, between two reports."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
from torch import nn

from spanloom.batch.samplers import Sampler, build_sampler
from spanloom.config import TrainConfig
from spanloom.contracts import Scorecard, Task
from spanloom.core import Array, Example
from spanloom.engine.dev import score_dev, with_targets
from spanloom.engine.encoded import Prepared, rows_of
from spanloom.engine.feedback import heed_score
from spanloom.engine.memory import peak_memory
from spanloom.engine.optimizer import set_learning_rate
from spanloom.engine.processes import from_first, gather, process_count, share_of
from spanloom.engine.report import EpochReport, Notice, StepReport
from spanloom.engine.schedule import build_schedule
from spanloom.engine.state import Training
from spanloom.engine.step import train_step
from spanloom.engine.trainer import Trainer
from spanloom.metrics.by_source import best as best_score
from spanloom.metrics.by_source import scores_by_source
from spanloom.nn.model import ByEpoch


def train(prepared: Prepared, trainer: Trainer) -> Iterator[StepReport | EpochReport | Notice]:
    """Train from wherever `trainer.state` stands to the last epoch, or until `patience` runs out, and report it all.

    Whenever a report comes out, that state is whole: saved there and restored, it goes on to the same bits as if never
    stopped, because the batches, the learning rate and the random numbers of a step depend on nothing but the seed,
    its number, and what the state kept of the dev scores. A notice stands before the report of the step that it is
    about.

    Several processes make the same updates with the same state, each computing its share; dev is scored in the first.
    """
    task, settings, state = prepared.task, prepared.config.train, trainer.state
    schedule = build_schedule(settings)
    sampler = build_sampler(prepared.data.rows, settings, prepared.config.seed, prepared.data.mix)
    steps = total_steps(sampler, settings)
    judged = None if prepared.dev is None else with_targets(prepared.codec, prepared.dev)
    while state.epoch <= settings.epochs and not out_of_patience(state, settings):
        began = time.perf_counter()
        begin_epoch(state.model, state.epoch)
        for group in groups_of(sampler, settings, state.epoch)[state.group :]:
            factor = schedule(state.step, steps) * state.factor
            report = update(prepared, trainer, group, factor, steps)
            if news := state.room.take_news():
                yield Notice(news)
            yield report
        scorecard, score, best, note = None, None, False, ""
        losses: dict[str, float] = {}
        if judged is not None and state.epoch >= settings.evaluate_from:
            scorecard, losses = from_first(lambda: score_dev(prepared, trainer, judged))
            score = best_score(task, scorecard, settings.best)
            best = state.best_score is None or score > state.best_score
            note = heed_score(state, settings, score) or _by_source(task, scorecard)
        if best:
            state.best_epoch, state.best_score = state.epoch, score
        training = {} if task.measures is None else task.measures(state.means())
        state.begin_epoch(state.epoch + 1)
        seconds = time.perf_counter() - began
        done, peak = state.epoch - 1, peak_memory()
        yield EpochReport(done, state.step, scorecard, score, best, seconds, note, training, losses, peak)


def _by_source(task: Task, scorecard: Scorecard) -> str:
    return ", ".join(f"{name} {score:.4f}" for name, score in scores_by_source(task, scorecard).items())


def begin_epoch(model: nn.Module, epoch: int) -> None:
    """Tell the parts of a model that change with the epochs, counted from 1, which one begins."""
    for part in model.modules():
        if isinstance(part, ByEpoch):
            part.begin_epoch(epoch)


def groups_of(sampler: Sampler, settings: TrainConfig, epoch: int) -> list[list[Array]]:
    """The updates of an epoch, of all processes together: each a list of micro-batches of row indices."""
    order, size = sampler(epoch), settings.accumulate * process_count()
    return [order[start : start + size] for start in range(0, len(order), size)]


def total_steps(sampler: Sampler, settings: TrainConfig) -> int:
    """The updates of all epochs, whose number of batches may differ."""
    return sum(len(groups_of(sampler, settings, epoch)) for epoch in range(1, settings.epochs + 1))


def out_of_patience(state: Training, settings: TrainConfig) -> bool:
    """Whether dev was scored `patience` times in a row without a better score."""
    if not settings.patience or not state.best_epoch:
        return False
    return state.epoch - 1 - state.best_epoch >= settings.patience


def update(prepared: Prepared, trainer: Trainer, group: Sequence[Array], factor: float, steps: int) -> StepReport:
    """One update at `factor` times the peak learning rates, one of `steps`; group: of all processes together."""
    began, state = time.perf_counter(), trainer.state
    learning_rate = set_learning_rate(state.optimizer, factor)
    members = np.concatenate(group)
    micro_batches = [rows_of(prepared, indices, state.epoch) for indices in share_of(group)]
    done = train_step(trainer, micro_batches, _place(state.step, [prepared.data.examples[index] for index in members]))
    return StepReport(
        step=state.step,
        steps=steps,
        epoch=state.epoch,
        losses=done.losses,
        gradient_norm=done.gradient_norm,
        learning_rate=learning_rate,
        sentences=len(members),
        tokens=sum(gather(sum(row.length for rows in micro_batches for row in rows))),
        seconds=time.perf_counter() - began,
        skipped=done.skipped,
    )


def _place(step: int, members: Sequence[Example], most: int = 8) -> str:
    """What an error in a step names: the step, and where its sentences stand."""
    sources = ", ".join(str(example.source) for example in members[:most])
    return f"step {step + 1} (on {sources}{' and others' if len(members) > most else ''})"

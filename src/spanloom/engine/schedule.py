"""The learning rate over a run: pure functions of the step, and two rules that also look at the dev scores."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import assert_never

from spanloom.config import TrainConfig, schedules

Schedule = Callable[[int, int], float]
"""Step, counted from 0, and total -> what every peak learning rate is multiplied by at that step."""

ON_DEV = ("plateau", "bold")
"""The schedules that change the rate by the dev scores; as a function of the step they are constant."""


def build_schedule(config: TrainConfig) -> Schedule:
    """The schedule that `config.schedule` says, a pure function; total is the number of updates of the whole run."""
    warmup = config.warmup
    after: Schedule
    match config.schedule:
        case schedules.OneCycle(start=start, final=final):
            return partial(one_cycle, rise=warmup, start=start, final=final)
        case schedules.Linear(final=final):
            after = partial(polynomial, power=1.0, final=final, warmup=warmup)
        case schedules.Polynomial(power=power, final=final):
            after = partial(polynomial, power=power, final=final, warmup=warmup)
        case schedules.Cosine(final=final):
            after = partial(cosine, final=final, warmup=warmup)
        case schedules.Step(gamma=gamma, every=every):
            after = partial(step_decay, gamma=gamma, every=every)
        case schedules.MultiStep(gamma=gamma, milestones=milestones):
            after = partial(multi_step, gamma=gamma, milestones=milestones)
        case schedules.Exponential(gamma=gamma, every=every):
            after = partial(exponential, gamma=gamma, every=every)
        case schedules.Constant() | schedules.Plateau() | schedules.Bold():
            after = constant
        case _ as other:
            assert_never(other)
    return partial(warmed_up, warmup=warmup, after=after)


def warmed_up(step: int, total: int, warmup: float, after: Schedule) -> float:
    """Rise linearly over the first `warmup` part (0..1) of the run, never from zero; `after` has the rest."""
    rising = round(warmup * total)
    return (step + 1) / rising if step < rising else after(step, total)


def constant(step: int, total: int) -> float:
    """The peak throughout."""
    return 1.0


def polynomial(step: int, total: int, power: float, final: float, warmup: float) -> float:
    """Fall as (1 - x)^power from the end of the warm-up to `final`, which it would reach at step `total`."""
    return final + (1.0 - final) * math.pow(1.0 - _progress(step, total, warmup), power)


def cosine(step: int, total: int, final: float, warmup: float) -> float:
    """Fall as half a cosine from the end of the warm-up to `final` (Loshchilov and Hutter 2017, without restarts)."""
    return final + (1.0 - final) * _half_cosine(_progress(step, total, warmup))


def step_decay(step: int, total: int, gamma: float, every: float) -> float:
    """Multiply by `gamma` after each `every` (a part of the run), at least a step apart."""
    return math.pow(gamma, step // max(round(every * total), 1))


def multi_step(step: int, total: int, gamma: float, milestones: tuple[float, ...]) -> float:
    """Multiply by `gamma` at each milestone, rising parts of the run."""
    return math.pow(gamma, bisect_right([round(part * total) for part in milestones], step))


def exponential(step: int, total: int, gamma: float, every: float) -> float:
    """Multiply by the same number at each step, which makes `gamma` over each `every` (a part of the run)."""
    return math.pow(gamma, step / (every * total))


def one_cycle(step: int, total: int, rise: float, start: float, final: float) -> float:
    """From `start` up to the peak over the first `rise` part of the run, then down to `final`, both as half a cosine.

    The learning rate of Smith and Topin 2018; their momentum, which moves against it, stays as it is here.
    """
    rising = round(rise * total)
    if step < rising:
        return 1.0 - (1.0 - start) * _half_cosine(step / rising)
    return cosine(step, total, final, rise)


def _progress(step: int, total: int, warmup: float) -> float:
    """How much of what follows the warm-up is done, 0..1."""
    rising = round(warmup * total)
    return 1.0 if step >= total else (step - rising) / (total - rising)


def _half_cosine(progress: float) -> float:
    """From 1 to 0."""
    return (1.0 + math.cos(math.pi * progress)) / 2

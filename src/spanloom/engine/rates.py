"""The learning-rate range test (Smith 2017): train a little while the rate rises, and see where the loss falls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from spanloom.batch.samplers import build_sampler
from spanloom.core import Array
from spanloom.engine.encoded import Prepared
from spanloom.engine.report import StepReport
from spanloom.engine.train import groups_of, update
from spanloom.engine.trainer import Trainer
from spanloom.errors import ConfigError

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 100
REACH = 5
"""How many losses to either side a smoothed loss is a mean of."""
ENOUGH = 0.75
TOO_HIGH = 3.0
"""The test ends where the loss is this many times its lowest, each a mean over the last `REACH` steps."""


def try_rates(prepared: Prepared, trainer: Trainer, steps: int = STEPS) -> Iterator[StepReport]:
    """Train a model that has made no step yet with a rate that rises in equal ratios over `steps`; report each update.

    The rate, from LOWEST to HIGHEST, is that of the parameters with the highest one; the others keep their ratio to it.
    The test ends early where the loss is far above its lowest, or no longer a number; ConfigError where it never was.
    """
    config, state = prepared.config, trainer.state
    peak = max(group["peak"] for group in state.optimizer.param_groups)
    if not peak:
        raise ConfigError("train.learning_rate", "is 0", "a rate above 0", "Set it to any; the test looks for its own.")
    sampler = build_sampler(prepared.data.rows, config.train, config.seed, prepared.data.mix)
    losses: list[float] = []
    lowest = np.inf
    while True:
        for group in groups_of(sampler, config.train, state.epoch):
            rate = LOWEST * (HIGHEST / LOWEST) ** (state.step / max(steps - 1, 1))
            try:
                report = update(prepared, trainer, group, rate / peak, steps)
            except ConfigError:
                if not losses:
                    raise
                return
            yield report
            losses.append(loss_of(report))
            recent = float(np.mean(losses[-REACH:]))
            lowest = min(lowest, recent)
            if state.step == steps or recent > TOO_HIGH * lowest:
                return
        state.epoch += 1


def loss_of(report: StepReport) -> float:
    """What the update lowered: the sum of the losses."""
    return sum(report.losses.values())


def smooth(losses: Sequence[float]) -> Array:
    """Means over `REACH` losses to either side, the near ones weighing more: a running mean would lag behind."""
    values = np.asarray(losses, dtype=np.float64)
    window = np.bartlett(2 * REACH + 3)[1:-1]
    inside = slice(REACH, REACH + len(values))
    total: Array = np.convolve(values, window)[inside]
    return total / np.convolve(np.ones_like(values), window)[inside]


def suggest_rate(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The lowest rate after which the smoothed loss has done `ENOUGH` of its fall; None where it never fell.

    Its lowest point itself is too high to train with for long, and where it falls most steeply is a matter of noise.
    """
    smoothed = smooth(losses)
    bottom = int(np.argmin(smoothed))
    if bottom == 0:
        return None
    enough = smoothed[0] - ENOUGH * (smoothed[0] - smoothed[bottom])
    above = np.flatnonzero(smoothed[:bottom] > enough)  # never empty: the first one is
    return float(rates[above[-1] + 1])

"""How far the scores of a network are to be believed, fitted on its answers for dev data. NumPy only.

Of each kind of fact first one line is fitted for all labels, then one for each label that has enough facts; see
`scaling.py` for what a line does. N facts, P parameters: the logarithm of the slope, and perhaps the shift.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from spanloom.answers.parts.facts import ScoredFact
from spanloom.core import Array, Example
from spanloom.decode.scaling import ALL, Line, ScaledCodec, Scaling, logit, scored_facts

LEAST = 50
"""Predicted facts that a line is fitted to: a label with fewer takes that of all labels of its kind, and a kind with
fewer in all keeps the scores of the network."""

LEAST_FOR_SHIFT = 100
"""Facts that a shift is fitted to: of few it goes by the chance that more or fewer of them were right."""

SPREAD_OF_ALL, SPREAD_OF_LABEL = (1.0, 1.0), (0.5, 0.5)
"""How far the logarithm of the slope, and the shift, are expected to lie from where they start: standard deviations."""

STEPS = 100
SMALL = 1e-10

C = TypeVar("C", bound=ScaledCodec)


def calibrated(examples: Sequence[Example], answers: Sequence[Any], codec: C) -> C:
    """The codec with the scaling that its answers for dev examples call for; itself where there are too few facts."""
    scaling = fit_scaling(scored_facts(examples, answers))
    return codec.with_scaling(scaling) if scaling.lines else codec


def fit_scaling(facts: Iterable[ScoredFact]) -> Scaling:
    """A line for all labels of each kind, and for each label that has `LEAST` facts one of its own. Deterministic.

    Each is the most probable one given the facts, with a normal prior: for all labels around the scores as they are,
    for one label around the line of all, so that a label with few facts stays near it and one with many goes by its
    own. There is a shift where there are `LEAST_FOR_SHIFT` facts, and it makes them more probable by more than another
    parameter must (Schwarz 1978).
    """
    kinds: dict[str, dict[str, list[ScoredFact]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts:
        kinds[fact.kind][fact.label].append(fact)
    lines: dict[str, dict[str, Line]] = {}
    for kind, labels in kinds.items():
        every = [fact for label in sorted(labels) for fact in labels[label]]
        if len(every) < LEAST:
            continue
        common = _fit(every, Line(1.0, 0.0), SPREAD_OF_ALL)
        own = {label: labels[label] for label in sorted(labels) if len(labels[label]) >= LEAST and len(labels) > 1}
        lines[kind] = {ALL: common, **{label: _fit(some, common, SPREAD_OF_LABEL) for label, some in own.items()}}
    return Scaling(lines)


def _fit(facts: Sequence[ScoredFact], around: Line, spread: tuple[float, float]) -> Line:
    """The line of these facts, with a shift of its own where that helps clearly."""
    logits = np.array([logit(fact.score) for fact in facts])  # [N]
    right = np.array([fact.right for fact in facts], dtype=np.float64)
    start, precision = np.array([np.log(around.slope), around.shift]), 1 / np.square(spread)
    with_slope, probability = _most_probable(logits, right, start, precision, free=1)
    log_slope, shift = with_slope
    if len(facts) >= LEAST_FOR_SHIFT:
        with_both, higher = _most_probable(logits, right, start, precision, free=2)
        if 2 * (higher - probability) > np.log(len(facts)):
            log_slope, shift = with_both
    return Line(float(np.exp(log_slope)), float(shift))


def _most_probable(logits: Array, right: Array, start: Array, precision: Array, free: int) -> tuple[Array, float]:
    """Parameters [P], of which the first `free` move, and their log probability up to a constant: Newton's method with
    the Fisher matrix in place of the Hessian, each step halved until it helps.
    """

    def log_probability(at: Array) -> float:
        moved = np.exp(at[0]) * logits + at[1]
        fit = -np.logaddexp(0, np.where(right > 0, -moved, moved)).sum()
        return float(fit - (precision * (at - start) ** 2).sum() / 2)

    here, value = start.copy(), log_probability(start)
    for _ in range(STEPS):
        scaled = np.exp(here[0]) * logits
        sure = (1 + np.tanh((scaled + here[1]) / 2)) / 2
        slopes = np.stack([scaled, np.ones_like(scaled)])[:free]  # [P, N], of the moved logit
        gradient = slopes @ (right - sure) - (precision * (here - start))[:free]
        fisher = (slopes * (sure * (1 - sure))) @ slopes.T + np.diag(precision[:free])
        step = np.zeros_like(here)
        step[:free] = np.linalg.solve(fisher, gradient)
        while np.abs(step).max() > SMALL and log_probability(here + step) < value:
            step /= 2
        if np.abs(step).max() <= SMALL:
            break
        here = here + step
        value = log_probability(here)
    return here, value

"""What a language model writes: units drawn by their probability, or the likeliest of many continuations.

V units in the vocabulary, S numbers of a state, K hypotheses side by side. NumPy only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from spanloom.config.ranges import FractionAboveZero, Range, Seed
from spanloom.core import Array

StepFunction = Callable[[Array, Array], tuple[Array, Array]]
"""Last units [K], states [K, S] -> the logits [K, V] of what comes next, the states [K, S] behind those units."""


@dataclass(frozen=True)
class Sampling:
    """length: units to write. temperature, top_p: see `chances`. seed: of what is drawn. beams: 0 draws; else the
    likeliest continuation is looked for, among so many at a time.
    """

    length: Annotated[int, Range(1, 100_000)] = 200
    temperature: Annotated[float, Range(1e-9, 1e9)] = 1.0
    top_p: FractionAboveZero = 1.0
    seed: Seed = 0
    beams: Annotated[int, Range(0, 1000)] = 0


def log_softmax(logits: Array) -> Array:
    """[..., V] -> [..., V], in float64; minus infinity stays."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def chances(logits: Array, temperature: float = 1.0, top_p: float = 1.0) -> Array:
    """Probabilities [V] to draw from, in float64.

    temperature: below 1 the likely becomes likelier still. top_p: only the fewest units whose probabilities add up to
    so much are kept (nucleus sampling, Holtzman et al. 2020, https://arxiv.org/abs/1904.09751); the likeliest always
    is.
    """
    found = np.exp(log_softmax(logits / temperature))
    if top_p < 1:
        order = np.argsort(-found, kind="stable")
        before = np.cumsum(found[order]) - found[order]  # of all that are likelier
        found[order[before >= top_p]] = 0.0
        found /= found.sum()
    return np.asarray(found)


def draw_unit(probabilities: Array, generator: np.random.Generator) -> int:
    """A unit, drawn by its probability [V]."""
    reached = np.cumsum(probabilities)
    return min(int(np.searchsorted(reached, generator.random() * reached[-1], side="right")), len(reached) - 1)


def beam_search(logits: Array, state: Array, step: StepFunction, beams: int, length: int) -> tuple[list[int], float]:
    """The likeliest `length` units that were found, and the logarithm of their probability.

    logits [V], state [S]: of what was read so far. Of all continuations, the `beams` likeliest are gone on with at each
    step: with one, it is the likeliest unit each time; with enough, nothing is missed. All are equally long, so their
    probabilities can be compared as they are.
    """
    scores = log_softmax(logits)[None]  # [K, V] of each hypothesis and each unit behind it
    written, states = np.zeros((1, 0), dtype=np.int64), state[None]  # [K, units so far], [K, S]
    while True:
        flat = scores.ravel()
        best = np.argsort(-flat, kind="stable")[:beams]
        best = best[np.isfinite(flat[best])]
        parents, units = np.unravel_index(best, scores.shape)
        written = np.concatenate([written[parents], units[:, None]], axis=1)
        if written.shape[1] == length:
            return written[0].tolist(), float(flat[best[0]])
        after, states = step(units, states[parents])
        scores = flat[best][:, None] + log_softmax(after)

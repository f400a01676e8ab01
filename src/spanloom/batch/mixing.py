"""How much of each source an epoch takes: a pure function of the seed and the epoch. N rows, S sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanloom.config import DataConfig
from spanloom.core import Array, Example

_STREAM = 3
"""Other random numbers than those that order the rows of an epoch, and those of noise."""


@dataclass(frozen=True)
class Mix:
    """source [N]: the number of each row's source. weights [S]: what part of its rows an epoch takes; may be above 1.

    Each source is an endless row of shuffles of its own, of which every epoch takes the next `weight * rows`: so no row
    is taken twice as long as another of its source was not, and over many epochs all are taken equally often.
    """

    source: Array
    weights: tuple[float, ...]

    def of(self, rows: Array) -> Mix:
        """The same of some of the rows."""
        return Mix(self.source[rows], self.weights)

    def rows(self, seed: int, epoch: int) -> Array:
        """The rows of an epoch, counted from 1, source by source."""
        taken = [self._of_source(number, seed, epoch) for number in range(len(self.weights))]
        return np.concatenate(taken)

    def _of_source(self, number: int, seed: int, epoch: int) -> Array:
        members = np.flatnonzero(self.source == number)
        size = len(members)
        start, end = (round(self.weights[number] * size * count) for count in (epoch - 1, epoch))
        if start == end:
            return members[:0]
        shuffles = range(start // size, (end - 1) // size + 1)
        orders = [np.random.default_rng([seed, _STREAM, number, turn]).permutation(size) for turn in shuffles]
        first = shuffles[0] * size
        return members[np.concatenate(orders)[start - first : end - first]]


def mix_of(examples: Sequence[Example], data: DataConfig) -> Mix | None:
    """How much of each source an epoch takes; None for a single data set."""
    if not data.source:
        return None
    numbers = {source.called: number for number, source in enumerate(data.source)}
    of = [numbers[example.covered.source] for example in examples if example.covered is not None]
    return Mix(np.array(of, dtype=np.int64), tuple(source.weight for source in data.source))

"""Which rows form a batch: a pure function of the lengths, the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanloom.core import Array

NOISE = 0.15
"""How far, as a part of its length, a row may move among its neighbours from one epoch to the next."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The most rows, and the most PADDED tokens, of a batch; a row longer than that has a batch of its own."""

    rows: int
    tokens: int

    def __post_init__(self) -> None:
        if self.rows < 1 or self.tokens < 1:
            raise ValueError(f"batch_size {self.rows} and batch_tokens {self.tokens} must be at least 1")


def batches(
    lengths: Sequence[int] | Array,
    seed: int,
    epoch: int,
    capacity: Capacity,
    shuffle: bool = True,
    drop_last: bool = False,
) -> list[Array]:
    """Index batches of rows of like length. Every index stands in exactly one batch.

    With `shuffle`, rows are sorted by a length with noise in it, and the batches then shuffled, both drawn from (seed,
    epoch) alone; without it, the order is by length and the same every time, which is what evaluation wants.
    drop_last (with `shuffle`): leave out the rows that fill no batch. Which they are is drawn as well.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if not shuffle:
        return fill(sizes, np.argsort(sizes, kind="stable"), capacity)
    draw = np.random.default_rng([seed, epoch])
    # The added 0..1 token mixes rows of the same length, which noise in proportion hardly does for short ones.
    noisy = sizes * draw.uniform(1 - NOISE, 1 + NOISE, len(sizes)) + draw.uniform(0, 1, len(sizes))
    order = np.argsort(noisy, kind="stable")
    if drop_last:
        filled = fill_to_a_gap(sizes, order, int(draw.integers(len(order) + 1)), capacity)
    else:
        filled = fill(sizes, order, capacity)
    return [filled[index] for index in draw.permutation(len(filled))]


def fill_to_a_gap(sizes: Array, order: Array, gap: int, capacity: Capacity) -> list[Array]:
    """Fill from both ends of an order sorted by length towards the position `gap`, where rows are left out.

    Filled from one end alone, the rows left out would be the longest ones in every epoch.
    """
    below = fill(sizes, order[:gap], capacity)
    above = fill(sizes, order[gap:][::-1], capacity)
    middle = np.concatenate([part.pop() if part else order[:0] for part in (below, above)])
    return below + above + fill(sizes, middle, capacity, drop_last=True)


def fill(sizes: Array, order: Array, capacity: Capacity, drop_last: bool = False) -> list[Array]:
    """Cut `order` greedily: a batch is closed when one more row would break either limit.

    drop_last: leave out the batch at the end if no limit closed it, so if it has fewer than `capacity.rows`.
    """
    filled: list[Array] = []
    start, longest = 0, 0
    for position, size in enumerate(sizes[order].tolist()):
        count = position - start
        widest = max(longest, size)
        if count and (count == capacity.rows or (count + 1) * widest > capacity.tokens):
            filled.append(order[start:position])
            start, widest = position, size
        longest = widest
    if start < len(order) and not (drop_last and len(order) - start < capacity.rows):
        filled.append(order[start:])
    return filled

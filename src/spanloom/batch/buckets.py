"""Which rows form a batch: a pure function of the lengths, the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.core import Array

NOISE = 0.15
"""How far, as a part of its length, a row may move among its neighbours from one epoch to the next."""


def batches(
    lengths: Sequence[int] | Array, seed: int, epoch: int, batch_size: int, batch_tokens: int, shuffle: bool = True
) -> list[Array]:
    """Index batches of rows of like length: at most `batch_size` rows and `batch_tokens` PADDED tokens each.

    Every index stands in exactly one batch. A row longer than the whole budget gets a batch of its own. With
    `shuffle`, rows are sorted by a length with noise in it, and the batches then shuffled, both drawn from (seed,
    epoch) alone; without it, the order is by length and the same every time, which is what evaluation wants.
    """
    if batch_size < 1 or batch_tokens < 1:
        raise ValueError(f"batch_size {batch_size} and batch_tokens {batch_tokens} must be at least 1")
    sizes = np.asarray(lengths, dtype=np.int64)
    if not shuffle:
        return _fill(sizes, np.argsort(sizes, kind="stable"), batch_size, batch_tokens)
    draw = np.random.default_rng([seed, epoch])
    # The added 0..1 token mixes rows of the same length, which noise in proportion hardly does for short ones.
    noisy = sizes * draw.uniform(1 - NOISE, 1 + NOISE, len(sizes)) + draw.uniform(0, 1, len(sizes))
    filled = _fill(sizes, np.argsort(noisy, kind="stable"), batch_size, batch_tokens)
    return [filled[index] for index in draw.permutation(len(filled))]


def _fill(sizes: Array, order: Array, batch_size: int, batch_tokens: int) -> list[Array]:
    """Cut `order` greedily: a batch is closed when one more row would break either limit."""
    filled: list[Array] = []
    start, longest = 0, 0
    for position, size in enumerate(sizes[order].tolist()):
        count = position - start
        widest = max(longest, size)
        if count and (count == batch_size or (count + 1) * widest > batch_tokens):
            filled.append(order[start:position])
            start, widest = position, size
        longest = widest
    if start < len(order):
        filled.append(order[start:])
    return filled

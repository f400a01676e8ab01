"""Which rows form a batch: a pure function of the lengths, the seed and the epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.core import Array

NOISE = 0.15
"""How far, as a part of its length, a row may move among its neighbours from one epoch to the next."""


def batches(
    lengths: Sequence[int] | Array,
    seed: int,
    epoch: int,
    batch_size: int,
    batch_tokens: int,
    shuffle: bool = True,
    drop_last: bool = False,
) -> list[Array]:
    """Index batches of rows of like length: at most `batch_size` rows and `batch_tokens` PADDED tokens each.

    Every index stands in exactly one batch. A row longer than the whole budget gets a batch of its own. With
    `shuffle`, rows are sorted by a length with noise in it, and the batches then shuffled, both drawn from (seed,
    epoch) alone; without it, the order is by length and the same every time, which is what evaluation wants.
    drop_last (with `shuffle`): leave out the rows that fill no batch. Which they are is drawn as well.
    """
    if batch_size < 1 or batch_tokens < 1:
        raise ValueError(f"batch_size {batch_size} and batch_tokens {batch_tokens} must be at least 1")
    sizes = np.asarray(lengths, dtype=np.int64)
    if not shuffle:
        return fill(sizes, np.argsort(sizes, kind="stable"), batch_size, batch_tokens)
    draw = np.random.default_rng([seed, epoch])
    # The added 0..1 token mixes rows of the same length, which noise in proportion hardly does for short ones.
    noisy = sizes * draw.uniform(1 - NOISE, 1 + NOISE, len(sizes)) + draw.uniform(0, 1, len(sizes))
    order = np.argsort(noisy, kind="stable")
    if drop_last:
        filled = fill_to_a_gap(sizes, order, int(draw.integers(len(order) + 1)), batch_size, batch_tokens)
    else:
        filled = fill(sizes, order, batch_size, batch_tokens)
    return [filled[index] for index in draw.permutation(len(filled))]


def fill_to_a_gap(sizes: Array, order: Array, gap: int, batch_size: int, batch_tokens: int) -> list[Array]:
    """Fill from both ends of an order sorted by length towards the position `gap`, where rows are left out.

    Filled from one end alone, the rows left out would be the longest ones in every epoch.
    """
    below = fill(sizes, order[:gap], batch_size, batch_tokens)
    above = fill(sizes, order[gap:][::-1], batch_size, batch_tokens)
    middle = np.concatenate([part.pop() if part else order[:0] for part in (below, above)])
    return below + above + fill(sizes, middle, batch_size, batch_tokens, drop_last=True)


def fill(sizes: Array, order: Array, batch_size: int, batch_tokens: int, drop_last: bool = False) -> list[Array]:
    """Cut `order` greedily: a batch is closed when one more row would break either limit.

    drop_last: leave out the batch at the end if no limit closed it, so if it has fewer than `batch_size` rows.
    """
    filled: list[Array] = []
    start, longest = 0, 0
    for position, size in enumerate(sizes[order].tolist()):
        count = position - start
        widest = max(longest, size)
        if count and (count == batch_size or (count + 1) * widest > batch_tokens):
            filled.append(order[start:position])
            start, widest = position, size
        longest = widest
    if start < len(order) and not (drop_last and len(order) - start < batch_size):
        filled.append(order[start:])
    return filled

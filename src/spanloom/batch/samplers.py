"""The orders in which rows can be trained on. Each is a pure function of the rows' lengths, the seed and the epoch.

No batch is larger than a `Capacity`, but that a row longer than that has a batch of its own.
With `drop_last`, rows that are too few for a batch are left out. N rows, U distinct lengths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, assert_never

import numpy as np

from spanloom.batch.buckets import Capacity, batches, fill, fill_to_a_gap
from spanloom.batch.mixing import Mix
from spanloom.config import TrainConfig, samplers
from spanloom.core import Array, Row
from spanloom.errors import ConfigError
from spanloom.text.counts import several

Sampler = Callable[[int], list[Array]]
"""Epoch -> the index batches of that epoch, in the order of training."""


def build_sampler(rows: Sequence[Row], config: TrainConfig, seed: int, mix: Mix | None = None) -> Sampler:
    """The sampler that `config.sampler` says, over `rows` or the part of them that `config.subset` leaves.

    mix: of several sources, how much of each an epoch takes; None for all. What is the same in every epoch is computed
    here, once. Raises ConfigError where the rows lack what a weighted
    sampler needs, and where `drop_last` would leave nothing.
    """
    chosen = subset(len(rows), config.subset, seed)
    if mix is not None and set(mix.weights) != {1.0}:
        order = _mixed([rows[index] for index in chosen], config, seed, mix.of(chosen))
    else:
        order = _order([rows[index] for index in chosen], config, seed)
    if config.drop_last and not order(1):
        few = several(len(chosen), "example")
        found = f"is true, and {few} cannot fill one batch of train.batch_size = {config.batch_size}"
        raise ConfigError("train.drop_last", found, "at least one batch", "Lower train.batch_size.")
    return lambda epoch: [chosen[batch] for batch in order(epoch)]


def _order(rows: Sequence[Row], config: TrainConfig, seed: int) -> Sampler:
    sizes = np.array([row.length for row in rows], dtype=np.int64)  # [N]
    filled_by: dict[str, Any] = {
        "capacity": Capacity(config.batch_size, config.batch_tokens),
        "drop_last": config.drop_last,
    }
    match config.sampler:
        case samplers.Buckets():
            return partial(batches, sizes, seed, **filled_by)
        case samplers.Sequential():
            always = fill(sizes, np.arange(len(sizes)), **filled_by)
            return lambda epoch: always
        case samplers.Shuffled():
            return partial(shuffled, sizes, seed, **filled_by)
        case samplers.Breakpoints(breakpoints=breakpoints):
            return partial(grouped, sizes, np.searchsorted(breakpoints, sizes), seed, **filled_by)
        case samplers.KMeans(groups=groups):
            return partial(grouped, sizes, length_clusters(sizes, groups), seed, **filled_by)
        case samplers.Windows(window=window):
            return partial(sorted_windows, sizes, window, seed, **filled_by)
        case samplers.Weighted(by=by):
            return partial(weighted, sizes, row_weights(rows, by), seed, **filled_by)
        case _ as other:
            assert_never(other)


def _mixed(rows: Sequence[Row], config: TrainConfig, seed: int, mix: Mix) -> Sampler:
    def order(epoch: int) -> list[Array]:
        taken = mix.rows(seed, epoch)
        return [taken[batch] for batch in _order([rows[index] for index in taken], config, seed)(epoch)]

    return order


def subset(count: int, part: float, seed: int) -> Array:
    """The rows to train on, in their order: `part` (0..1] of `count`, at least one, drawn from the seed alone."""
    kept = max(round(part * count), min(count, 1))
    return np.sort(np.random.default_rng([seed]).permutation(count)[:kept])


def shuffled(sizes: Array, seed: int, epoch: int, capacity: Capacity, drop_last: bool = False) -> list[Array]:
    """Batches of rows in random order, whatever their lengths."""
    order = np.random.default_rng([seed, epoch]).permutation(len(sizes))
    return fill(sizes, order, capacity, drop_last)


def grouped(
    sizes: Array, groups: Array, seed: int, epoch: int, capacity: Capacity, drop_last: bool = False
) -> list[Array]:
    """Batches of rows of one group each (`groups` [N], any integers), in random order within and between groups."""
    draw = np.random.default_rng([seed, epoch])
    order = draw.permutation(len(sizes))
    filled: list[Array] = []
    for group in np.unique(groups):
        filled += fill(sizes, order[groups[order] == group], capacity, drop_last)
    return [filled[index] for index in draw.permutation(len(filled))]


def length_clusters(sizes: Array, most: int) -> Array:
    """The k-means cluster of each length [N], numbered from the short to the long; `most` of them at most.

    In one dimension clusters are runs of the sorted lengths, so the optimum is found exactly, by dynamic programming
    over the distinct lengths (Wang and Song 2011, "Ckmeans.1d.dp"), in O(most U^2).
    """
    values, places, counts = np.unique(sizes, return_inverse=True, return_counts=True)  # [U], [N], [U]
    centred = values - sizes.mean() if len(sizes) else values.astype(float)  # the sums below then keep their digits
    number, total, squares = (
        np.concatenate([[0.0], np.cumsum(counts * centred**power)]) for power in (0, 1, 2)
    )  # [U + 1] each
    cost = np.full(len(values) + 1, np.inf)  # of the first j distinct lengths
    cost[0] = 0.0
    starts: list[Array] = []  # of the last cluster, for every j
    for _ in range(min(most, len(values))):
        best, start = np.full(len(cost), np.inf), np.zeros(len(cost), dtype=np.int64)
        for end in range(1, len(cost)):
            spread = squares[end] - squares[:end] - (total[end] - total[:end]) ** 2 / (number[end] - number[:end])
            start[end] = np.argmin(cost[:end] + spread)
            best[end] = cost[start[end]] + spread[start[end]]
        starts.append(start)
        cost = best
    cluster_of = np.zeros(len(values), dtype=np.int64)
    end = len(values)
    for number_of, start in reversed(list(enumerate(starts))):
        cluster_of[start[end] : end] = number_of
        end = int(start[end])
    return cluster_of[places]


def sorted_windows(
    sizes: Array,
    window: int,
    seed: int,
    epoch: int,
    capacity: Capacity,
    drop_last: bool = False,
) -> list[Array]:
    """Batches from a random order that was cut in windows of `window` batches and sorted by length inside each.

    Every other window is sorted from the long to the short, so that where a batch takes from two, their ends match.
    """
    draw = np.random.default_rng([seed, epoch])
    order = draw.permutation(len(sizes))
    width = window * capacity.rows
    for number, start in enumerate(range(0, len(order), width)):
        part = order[start : start + width]
        order[start : start + width] = part[np.argsort((-1) ** number * sizes[part], kind="stable")]
    if drop_last:
        filled = fill_to_a_gap(sizes, order, int(draw.integers(len(order) + 1)), capacity)
    else:
        filled = fill(sizes, order, capacity)
    return [filled[index] for index in draw.permutation(len(filled))]


def weighted(
    sizes: Array,
    weights: Array,
    seed: int,
    epoch: int,
    capacity: Capacity,
    drop_last: bool = False,
) -> list[Array]:
    """N rows drawn with replacement, each with a chance in proportion to its weight, in batches of like length."""
    draw = np.random.default_rng([seed, epoch, 1])  # another stream than the one that forms the batches
    drawn = draw.choice(len(sizes), size=len(sizes), p=weights / weights.sum())
    return [drawn[batch] for batch in batches(sizes[drawn], seed, epoch, capacity, True, drop_last)]


def row_weights(rows: Sequence[Row], by: str) -> Array:
    """What `weighted` draws by, [N]: by "class" the inverse of how often a row's class occurs, else the row's own.

    By class, every class is then drawn equally often. Raises ConfigError where a row has no class, or where the rows'
    own weights are no weights.
    """
    if by == "class":
        if not all(row.group for row in rows):
            found = "is 'class', but the examples of this task have no class"
            raise ConfigError("train.sampler.by", found, "one class an example", "Choose another train.sampler.")
        counts = Counter(row.group for row in rows)
        return np.array([1.0 / counts[row.group] for row in rows])
    weights = np.array([row.weight for row in rows], dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() == 0:
        odd = next((row.weight for row in rows if not 0 <= row.weight < np.inf), 0.0)
        expected = "weights from 0 up, not all 0"
        raise ConfigError("train.sampler.by", f"is 'example', and an example weighs {odd}", expected, "Mend the data.")
    if (weights == weights[0]).all():
        found = f"is 'example', but every example weighs {weights[0]:g}"
        raise ConfigError("train.sampler.by", found, "examples of different weight", "Choose another train.sampler.")
    return weights

"""Every sampler: what it promises of each batch, that it is pure, and hand-worked or enumerated orders."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from spanloom.batch.buckets import Capacity
from spanloom.batch.padding import SAMPLERS, compare_samplers, padded_tokens, padding_waste
from spanloom.batch.samplers import build_sampler, length_clusters, row_weights, subset, weighted
from spanloom.config import TrainConfig
from spanloom.core import Array, Row
from spanloom.errors import ConfigError
from tests.choices import train_config

LENGTHS = np.random.default_rng(3).integers(1, 90, size=500)
EVERY_ROW = [name for name in SAMPLERS if name != "weighted"]
NARROW: dict[str, Any] = {
    "breakpoints": {"kind": "breakpoints", "breakpoints": (45,)},
    "kmeans": {"kind": "kmeans", "groups": 2},
    "windows": {"kind": "windows", "window": 4},
}
"""Samplers with settings that a few rows feel."""


def rows_of(lengths: Any, groups: str = "", weights: Any = None) -> list[Row]:
    """Rows that have nothing but lengths, classes (one letter each) and weights."""
    groups = groups or "ab" * len(lengths)
    weights = weights if weights is not None else np.ones(len(lengths))
    return [
        Row({}, {}, int(length), int(length), group=group, weight=float(weight))
        for length, group, weight in zip(lengths, groups, weights, strict=False)
    ]


def order(lengths: Any, epoch: int = 1, seed: int = 5, **train: Any) -> list[list[int]]:
    config = train_config(**{"batch_size": 16, "batch_tokens": 400, **train})
    return [batch.tolist() for batch in build_sampler(rows_of(lengths), config, seed)(epoch)]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(("size", "tokens"), [(1, 10), (7, 100), (16, 400), (1000, 333), (32, 1_000_000)])
def test_no_limit_is_broken_and_every_index_stands_once(sampler: str, size: int, tokens: int) -> None:
    found = order(LENGTHS, sampler=NARROW.get(sampler, sampler), batch_size=size, batch_tokens=tokens)
    for batch in found:
        assert 1 <= len(batch) <= size
        assert len(batch) == 1 or len(batch) * LENGTHS[batch].max() <= tokens
    drawn = sorted(index for batch in found for index in batch)
    assert len(drawn) == len(LENGTHS)
    assert sampler == "weighted" or drawn == list(range(len(LENGTHS)))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_order_is_pure_in_seed_and_epoch(sampler: str) -> None:
    first = order(LENGTHS, 4, 1, sampler=sampler)
    assert first == order(LENGTHS, 4, 1, sampler=sampler)
    if sampler != "sequential":
        assert first != order(LENGTHS, 5, 1, sampler=sampler)
        assert first != order(LENGTHS, 4, 2, sampler=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_dropping_leaves_out_what_fills_no_batch_and_no_row_for_ever(sampler: str) -> None:
    kept = Counter[int]()
    for epoch in range(1, 31):
        found = order(LENGTHS[:43], epoch, sampler=NARROW.get(sampler, sampler), drop_last=True, batch_tokens=10**6)
        assert found
        assert all(len(batch) == 16 for batch in found)
        kept.update({index for batch in found for index in batch})
    if sampler == "sequential":
        assert set(kept) == set(range(32))
    else:
        assert set(kept) == set(range(43))


def test_dropping_the_last_of_buckets_spares_the_longest_rows() -> None:
    """1 of 17 rows goes each epoch; filled from the short end, it would be the longest or its neighbour every time."""
    left_out = [
        (set(range(17)) - {i for batch in order(range(1, 18), epoch, drop_last=True) for i in batch}).pop()
        for epoch in range(1, 60)
    ]
    assert min(left_out) < 5
    assert max(left_out) > 11


def test_dropping_what_would_be_everything_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train.drop_last: is true, and 3 examples cannot fill one batch of .* = 16"):
        order([4, 4, 4], drop_last=True)


def test_sequential_keeps_the_order_of_the_file() -> None:
    assert order([3, 9, 2, 2, 5], sampler="sequential", batch_size=2, batch_tokens=12) == [[0], [1], [2, 3], [4]]


def test_groups_by_breakpoints_include_their_upper_end() -> None:
    lengths = [4, 5, 8, 9, 40, 1]
    found = order(lengths, sampler={"kind": "breakpoints", "breakpoints": (4, 8)}, batch_tokens=10**6)
    assert {frozenset(batch) for batch in found} == {frozenset({0, 5}), frozenset({1, 2}), frozenset({3, 4})}


def spread(lengths: Array, cuts: tuple[int, ...]) -> float:
    parts = [lengths[first:last] for first, last in pairwise((0, *cuts, len(lengths)))]
    return sum(float(((part - part.mean()) ** 2).sum()) for part in parts)


@pytest.mark.parametrize("most", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_length_clusters_are_the_best_of_all_partitions(most: int, seed: int) -> None:
    """Every way to cut the sorted lengths is tried."""
    lengths = np.random.default_rng(seed).integers(1, 40, size=11)
    found = length_clusters(lengths, most)
    ordered = np.argsort(lengths, kind="stable")
    cuts = tuple((np.flatnonzero(np.diff(found[ordered])) + 1).tolist())
    assert (np.diff(found[ordered]) >= 0).all()
    best = min(spread(np.sort(lengths), tried) for tried in combinations(range(1, 11), most - 1))
    assert spread(lengths[ordered], cuts) == pytest.approx(best)


def test_there_are_no_more_clusters_than_lengths() -> None:
    assert length_clusters(np.array([7, 3, 7, 3]), 8).tolist() == [1, 0, 1, 0]
    assert length_clusters(np.array([], dtype=np.int64), 8).tolist() == []


def test_batches_of_length_clusters_stay_within_them() -> None:
    found = order([3, 50, 4, 52, 3, 51], sampler={"kind": "kmeans", "groups": 2}, batch_tokens=10**6)
    assert {frozenset(batch) for batch in found} == {frozenset({0, 2, 4}), frozenset({1, 3, 5})}


def test_a_window_is_sorted_inside_and_drawn_from_everywhere() -> None:
    lengths = np.arange(1, 65)
    found = order(lengths, sampler={"kind": "windows", "window": 2}, batch_size=8, batch_tokens=10**6)
    assert len(found) == 8
    pairs = 0
    for batch, other in combinations(found, 2):  # the two batches of one window do not overlap in length
        pairs += max(lengths[batch]) < min(lengths[other]) or max(lengths[other]) < min(lengths[batch])
    assert pairs >= 4
    assert all(abs(b - a) >= 1 for batch in found for a, b in pairwise(lengths[batch]))
    assert {tuple(np.sign(np.diff(lengths[batch]))) for batch in found} == {(1,) * 7, (-1,) * 7}


def test_a_window_as_large_as_the_data_wastes_least_and_one_batch_wide_as_much_as_shuffling() -> None:
    def waste(**train: Any) -> float:
        return padding_waste(LENGTHS, [np.array(batch) for batch in order(LENGTHS, batch_tokens=10**6, **train)])

    assert waste(sampler={"kind": "windows", "window": 1}) > 0.9 * waste(sampler="shuffled")
    assert waste(sampler={"kind": "windows", "window": 100}) < 0.03


def test_classes_are_drawn_equally_often() -> None:
    """One example in a hundred is of class b; half of what is drawn is. The bound is five standard deviations."""
    rows = rows_of(np.full(2000, 5), "b" + "a" * 99 + "b" * 19 + "a" * 1881)
    config = train_config(sampler="weighted", batch_tokens=10**6)
    drawn = Counter(rows[i].group for batch in build_sampler(rows, config, 0)(1) for i in batch)
    assert abs(drawn["b"] - 1000) < 5 * np.sqrt(2000 * 0.25)


def test_an_example_is_drawn_in_proportion_to_its_weight() -> None:
    weights = row_weights(rows_of([1] * 4, weights=[0.0, 1.0, 2.0, 5.0]), "example")
    counts = np.zeros(4)
    for epoch in range(2000):
        drawn = weighted(np.ones(4, int), weights, 0, epoch, Capacity(4, 100))
        counts += np.bincount(np.concatenate(drawn), minlength=4)
    assert counts[0] == 0
    np.testing.assert_allclose(counts / counts.sum(), [0, 0.125, 0.25, 0.625], atol=0.03)


@pytest.mark.parametrize(
    ("by", "weights", "message"),
    [
        ("class", [1, 1, 1], "train.sampler.by: is 'class', but the examples of this task have no class"),
        ("example", [1, -2, 1], "train.sampler.by: is 'example', and an example weighs -2.0; weights from 0 up"),
        ("example", [1, np.inf, 1], "an example weighs inf"),
        ("example", [0, 0, 0], "an example weighs 0.0; weights from 0 up, not all 0"),
        ("example", [3, 3, 3], "train.sampler.by: is 'example', but every example weighs 3; examples of different"),
    ],
)
def test_rows_without_what_weighted_sampling_needs_are_refused(by: str, weights: list[float], message: str) -> None:
    rows = [replace(row, group="") for row in rows_of([1, 2, 3], weights=weights)]
    with pytest.raises(ConfigError, match=message):
        build_sampler(rows, train_config(sampler={"kind": "weighted", "by": by}), 0)


def test_a_subset_is_fixed_by_the_seed_and_kept_in_order() -> None:
    assert subset(5, 1.0, 7).tolist() == [0, 1, 2, 3, 4]
    assert len(subset(1000, 0.25, 7)) == 250
    assert (np.diff(subset(1000, 0.25, 7)) > 0).all()
    assert subset(1000, 0.25, 7).tolist() != subset(1000, 0.25, 8).tolist()
    assert len(subset(3, 0.01, 0)) == 1
    assert len(subset(0, 0.5, 0)) == 0


@pytest.mark.parametrize("sampler", EVERY_ROW)
def test_every_epoch_trains_on_the_same_subset(sampler: str) -> None:
    kept = [sorted(i for batch in order(LENGTHS, e, sampler=sampler, subset=0.1) for i in batch) for e in (1, 2)]
    assert kept[0] == kept[1] == subset(500, 0.1, 5).tolist()
    assert len(kept[0]) == 50


def test_padding_waste_by_hand() -> None:
    batches = [np.array([0, 1]), np.array([2])]
    assert padded_tokens([2, 4, 5], batches) == 13
    assert padding_waste([2, 4, 5], batches) == pytest.approx(2 / 13)
    assert padding_waste([], []) == 0.0


def test_samplers_are_compared_on_the_same_rows() -> None:
    costs = {cost.sampler: cost for cost in compare_samplers(rows_of(LENGTHS), TrainConfig(batch_tokens=10**6), 0)}
    assert list(costs) == list(SAMPLERS)
    assert all(cost.rows == 500 for cost in costs.values())
    assert costs["shuffled"].waste > 0.3
    for name in ("buckets", "kmeans", "windows"):
        assert costs[name].waste < 0.5 * costs["shuffled"].waste
    padded = costs["shuffled"].padded_tokens
    assert costs["shuffled"].waste == pytest.approx(1 - LENGTHS.sum() / padded)


def test_a_sampler_that_the_rows_do_not_allow_is_left_out_unless_it_is_the_chosen_one() -> None:
    rows = [replace(row, group="") for row in rows_of(LENGTHS)]
    assert "weighted" not in [cost.sampler for cost in compare_samplers(rows, TrainConfig(), 0)]
    with pytest.raises(ConfigError, match="have no class"):
        compare_samplers(rows, train_config(sampler="weighted"), 0)

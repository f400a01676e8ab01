from __future__ import annotations

import numpy as np
import pytest

from spanloom.batch.buckets import Capacity, batches

LENGTHS = np.random.default_rng(3).integers(1, 90, size=500)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("size", "tokens"), [(1, 10), (7, 100), (16, 400), (1000, 333), (32, 1_000_000)])
def test_every_index_once_and_no_limit_broken(size: int, tokens: int, shuffle: bool) -> None:
    found = batches(LENGTHS, 5, 2, Capacity(size, tokens), shuffle)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(LENGTHS)))
    for batch in found:
        assert 1 <= len(batch) <= size
        assert len(batch) == 1 or len(batch) * LENGTHS[batch].max() <= tokens


def test_a_row_longer_than_the_budget_gets_a_batch_of_its_own() -> None:
    found = batches([3, 50, 3, 2], 0, 0, Capacity(8, 10), shuffle=False)
    assert [batch.tolist() for batch in found] == [[3, 0, 2], [1]]


def test_the_order_is_pure_in_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        return [batch.tolist() for batch in batches(LENGTHS, seed, epoch, Capacity(16, 400))]

    assert order(1, 4) == order(1, 4)
    assert order(1, 4) != order(1, 5)
    assert order(1, 4) != order(2, 4)
    assert {tuple(sorted(batch)) for batch in order(1, 4)} != {tuple(sorted(batch)) for batch in order(1, 5)}


def test_batches_hold_rows_of_like_length_in_random_order() -> None:
    found = batches(LENGTHS, 0, 1, Capacity(16, 10_000))
    padded = sum(len(batch) * LENGTHS[batch].max() for batch in found)
    assert padded < 1.25 * LENGTHS.sum()
    longest = [int(LENGTHS[batch].max()) for batch in found]
    assert longest != sorted(longest)


def test_without_shuffling_lengths_rise_and_ties_keep_their_order() -> None:
    order = np.concatenate(batches([4, 2, 4, 2, 1], 9, 9, Capacity(2, 100), shuffle=False))
    assert order.tolist() == [4, 1, 3, 0, 2]


def test_no_rows_no_batches() -> None:
    assert batches([], 0, 0, Capacity(4, 4)) == []


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_size 0 and batch_tokens 4 must be at least 1"):
        Capacity(0, 4)

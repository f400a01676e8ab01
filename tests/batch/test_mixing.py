"""What an epoch takes of each source, counted over many epochs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from spanloom.batch.mixing import Mix
from spanloom.batch.samplers import build_sampler
from spanloom.config import TrainConfig
from spanloom.core import Row

SOURCE = np.array([0] * 10 + [1] * 7 + [2] * 3)
MIX = Mix(SOURCE, (0.5, 1.0, 2.5))


def test_an_epoch_takes_the_part_of_each_source_that_its_weight_says() -> None:
    for epoch in range(1, 9):
        taken = Counter(SOURCE[MIX.rows(0, epoch)].tolist())
        assert taken[0] == 5
        assert taken[1] == 7
        assert taken[2] in (7, 8)
    assert sum(len(MIX.rows(0, epoch)) for epoch in (1, 2)) == 2 * (5 + 7) + 15


def test_every_row_is_taken_equally_often() -> None:
    counts = Counter(row for epoch in range(1, 21) for row in MIX.rows(4, epoch).tolist())
    assert {counts[row] for row in range(10)} == {10}
    assert {counts[row] for row in range(10, 17)} == {20}
    assert {counts[row] for row in range(17, 20)} == {50}
    halves = [set(MIX.rows(4, epoch)[:5].tolist()) for epoch in (1, 2)]
    assert halves[0] | halves[1] == set(range(10))


def test_it_is_pure_and_changes_with_seed_and_epoch() -> None:
    assert MIX.rows(1, 3).tolist() == MIX.rows(1, 3).tolist()
    assert MIX.rows(1, 3).tolist() != MIX.rows(2, 3).tolist()
    assert MIX.rows(1, 3).tolist() != MIX.rows(1, 5).tolist()


def test_a_weight_of_nothing_leaves_a_source_out() -> None:
    assert set(SOURCE[Mix(SOURCE, (0.0, 1.0, 1.0)).rows(0, 1)].tolist()) == {1, 2}


@pytest.mark.parametrize("kind", ["buckets", "shuffled", "windows", "kmeans"])
def test_samplers_order_what_the_mix_takes(kind: str) -> None:
    from spanloom.config import kinds_of

    rows = [Row({}, {}, 1 + number % 5, 1) for number in range(len(SOURCE))]
    config = TrainConfig(batch_size=4, sampler=kinds_of(TrainConfig, "sampler")[kind]())
    sampler = build_sampler(rows, config, 3, MIX)
    for epoch in (1, 2, 5):
        batches = sampler(epoch)
        assert sorted(np.concatenate(batches).tolist()) == sorted(MIX.rows(3, epoch).tolist())
        assert all(len(batch) <= 4 for batch in batches)
        assert [batch.tolist() for batch in batches] == [batch.tolist() for batch in sampler(epoch)]


def test_all_weights_of_one_change_nothing() -> None:
    rows = [Row({}, {}, 1 + number % 5, 1) for number in range(len(SOURCE))]
    plain, mixed = (build_sampler(rows, TrainConfig(), 3, mix) for mix in (None, Mix(SOURCE, (1.0, 1.0, 1.0))))
    assert [batch.tolist() for batch in plain(2)] == [batch.tolist() for batch in mixed(2)]

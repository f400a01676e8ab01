from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spanloom.errors import DataError
from spanloom.metrics.comparison import compare_scorecards
from spanloom.metrics.significance import (
    bootstrap_interval,
    by_type,
    macro_f1,
    micro_f1,
    paired_bootstrap,
    resampled,
)


def random_counts(seed: int, sentences: int, hit: float = 0.7) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, 6, size=sentences)
    correct = generator.binomial(gold, hit)
    return np.stack([correct, correct + generator.integers(0, 2, size=sentences), gold], axis=1)


def test_micro_f1_by_hand() -> None:
    assert micro_f1(np.array([[1, 2, 4], [0, 0, 0]])).tolist() == [pytest.approx(1 / 3), 0.0]


def test_interval_agrees_with_resampling_sentence_by_sentence() -> None:
    counts = random_counts(0, 200)
    generator = np.random.default_rng(1)
    naive = [float(micro_f1(counts[generator.integers(200, size=200)].sum(axis=0))) for _ in range(4000)]
    ours = bootstrap_interval(counts, samples=4000, seed=2)
    assert ours == pytest.approx(tuple(np.percentile(naive, [2.5, 97.5])), abs=0.004)


def test_interval_is_repeatable_and_holds_the_score() -> None:
    counts = random_counts(3, 300)
    assert bootstrap_interval(counts, 500, 7) == bootstrap_interval(counts, 500, 7)
    low, high = bootstrap_interval(counts)
    assert low < float(micro_f1(counts.sum(axis=0))) < high


def test_interval_of_nothing_and_of_one_kind_of_sentence() -> None:
    assert bootstrap_interval(np.zeros((0, 3))) == (0.0, 0.0)
    assert bootstrap_interval(np.tile([1, 2, 2], (40, 1))) == (0.5, 0.5)


def test_every_sample_draws_as_many_sentences_as_there_are() -> None:
    rows = np.array([[1, 5], [1, 7], [1, 5]])
    sums = resampled(rows, 200, 0)
    assert sums.shape == (200, 2)
    assert set(sums[:, 0].tolist()) == {3}
    assert set(sums[:, 1].tolist()) == {15, 17, 19, 21}


def test_a_model_does_not_differ_from_itself() -> None:
    counts = random_counts(0, 100)
    result = paired_bootstrap(counts, counts, 200, 0)
    assert (result["difference"], result["low"], result["high"], result["p_value"]) == (0, 0, 0, 1)


def test_a_clear_difference_is_significant_in_both_directions() -> None:
    worse, better = random_counts(4, 400, 0.5), random_counts(4, 400, 0.8)
    forward, backward = paired_bootstrap(worse, better), paired_bootstrap(better, worse)
    assert forward["difference"] == pytest.approx(-backward["difference"])
    assert forward["p_value"] < 0.01
    assert backward["p_value"] < 0.01
    assert 0 < forward["low"] < forward["difference"] < forward["high"]


def test_two_runs_of_one_quality_are_seldom_called_different() -> None:
    values = [
        paired_bootstrap(random_counts(2 * s, 150), random_counts(2 * s + 1, 150), 300, s)["p_value"] for s in range(60)
    ]
    # unpaired noise: p is about uniform, so about 3 of 60 fall below 0.05
    assert sum(value < 0.05 for value in values) <= 8
    assert 0.3 < float(np.mean(values)) < 0.7


def test_different_numbers_of_sentences_are_refused() -> None:
    with pytest.raises(DataError, match="3 and 4 sentences; the same sentences in both"):
        paired_bootstrap(np.ones((3, 3)), np.ones((4, 3)))


def test_scorecards_of_other_gold_are_refused() -> None:
    rows = [[1, 1, 1], [0, 1, 1]]
    card = {
        "gold_hash": "a" * 64,
        "rule": "strict",
        "size": {"sentences": 2},
        "sentences": {"entities": rows, "triples": rows},
    }
    assert compare_scorecards(card, card)["tests"]["triples"]["a"] == pytest.approx(0.5)
    with pytest.raises(DataError, match=r"gold of A \(aaaaaaaaaaaa\) is not the gold of B \(bbbbbbbbbbbb\)"):
        compare_scorecards(card, {**card, "gold_hash": "b" * 64})
    with pytest.raises(DataError, match="scorecard B: it holds no counts per sentence"):
        compare_scorecards(card, {"summary": {}})


def random_types(seed: int, sentences: int, types: int = 4) -> np.ndarray[Any, Any]:
    """[N, 5], of sentences that have one fact or none."""
    draw = np.random.default_rng(seed)
    gold, guess = draw.integers(0, types + 1, size=(2, sentences))  # the last number is none
    found = np.where(draw.random(sentences) < 0.6, gold, guess)
    right = (found == gold) & (gold < types)
    return np.stack([right, found < types, gold < types, found % types, gold % types], axis=1).astype(np.int64)


def test_macro_f1_by_hand() -> None:
    """Type 0: right once, predicted twice, gold once. Type 1: gold once. Type 2 is nowhere."""
    rows = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 1], [0, 0, 0, 2, 2]])
    types = by_type(rows)
    assert types.sum(axis=0).tolist() == [[1, 2, 1], [0, 0, 1], [0, 0, 0]]
    assert float(macro_f1(types.sum(axis=0))) == pytest.approx((2 / 3 + 0) / 2)
    assert float(macro_f1(np.zeros((2, 3)))) == 0.0
    assert by_type(np.array([[1, 2, 3]])).tolist() == [[[1, 2, 3]]]


def test_the_interval_of_macro_f1_agrees_with_resampling_sentence_by_sentence() -> None:
    types = by_type(random_types(0, 150))
    draw = np.random.default_rng(1)
    naive = [float(macro_f1(types[draw.integers(150, size=150)].sum(axis=0))) for _ in range(4000)]
    ours = bootstrap_interval(random_types(0, 150), samples=4000, seed=2)
    assert ours == pytest.approx(tuple(np.percentile(naive, [2.5, 97.5])), abs=0.005)


def test_macro_f1_of_two_models_is_compared_type_by_type() -> None:
    same = paired_bootstrap(random_types(3, 80), random_types(3, 80))
    assert (same["difference"], same["p_value"]) == (0, 1)
    gold = random_types(3, 200)
    perfect = np.stack([gold[:, 2], gold[:, 2], gold[:, 2], gold[:, 4], gold[:, 4]], axis=1)
    assert paired_bootstrap(gold, perfect)["b"] == 1.0
    assert paired_bootstrap(gold, perfect)["p_value"] < 0.01

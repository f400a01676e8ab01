from __future__ import annotations

import numpy as np
import pytest

from spanloom.metrics.measures import MEASURES, bleu, measured, paired_test
from spanloom.metrics.significance import micro_f1, paired_bootstrap


def rates(seed: int, mean: float, examples: int = 60) -> np.ndarray:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(5, 30, size=examples).astype(float)
    return np.stack([sizes * generator.normal(mean, 0.3, size=examples), sizes], axis=1)


def test_a_mean_and_its_interval() -> None:
    found = measured(rates(0, 2.0), "mean")
    low, high = found["interval"]
    assert low < found["value"] < high
    assert found["value"] == pytest.approx(2.0, abs=0.15)
    alike = np.tile([[3.0, 2.0]], (9, 1))
    assert measured(alike, "mean") == {"value": 1.5, "interval": [1.5, 1.5]}


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    a = rates(0, 2.0)
    better = a - np.array([0.5, 0.0]) * a[:, 1:]
    found = paired_test(a, better, "mean")
    assert found["difference"] == pytest.approx(-0.5)
    assert found["p_value"] < 0.01
    assert found["low"] == pytest.approx(found["high"]) == pytest.approx(-0.5)
    same = paired_test(a, a, "mean")
    assert (same["difference"], same["p_value"]) == (0.0, 1.0)
    noisy = a + np.random.default_rng(1).normal(size=a.shape) * [1.0, 0.0]
    assert paired_test(a, noisy, "mean")["p_value"] > 0.05


def test_of_accuracy_it_is_the_test_of_f1() -> None:
    """Of answers of which each sentence has one, F1 is the mean of what is right."""
    right = np.random.default_rng(2).random((80, 2)) < [0.6, 0.8]
    facts = [np.stack([column, column * 0 + 1, column * 0 + 1], axis=1).astype(int) for column in right.T]
    ours = paired_test(facts[0][:, :2], facts[1][:, :2], "mean", samples=4000)
    theirs = paired_bootstrap(facts[0], facts[1], samples=4000)
    assert ours["a"] == theirs["a"] == float(micro_f1(facts[0].sum(axis=0)))
    for key in ("low", "high", "p_value"):
        assert ours[key] == pytest.approx(theirs[key], abs=0.02)


def test_bleu_is_of_the_sums() -> None:
    one = np.array([3, 4, 2, 3, 1, 2, 1, 1, 4, 4.0])
    assert bleu(one) == pytest.approx((3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    assert MEASURES["BLEU-4"](np.stack([one, one]).sum(axis=0)) == bleu(one)
    assert bleu(np.array([3, 4, 2, 3, 0, 2, 0, 1, 4, 4.0])) == 0.0

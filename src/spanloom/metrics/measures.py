"""Scores of a whole corpus that are no F1: measures of sums over examples, with intervals and a paired test.

N examples, C statistics of each, S bootstrap samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.metrics.significance import SAMPLES, paired_result


def mean(sums: Array) -> Array:
    """[..., 2] -> [...]: the first sum over the second."""
    return np.asarray(sums[..., 0] / np.maximum(sums[..., 1], 1))


def bleu(sums: Array) -> Array:
    """BLEU-4 of sums [..., 10]: right and predicted n-grams for n = 1 to 4, and the lengths of prediction and gold.

    0 where no n-gram of some size is right.
    """
    right, predicted = sums[..., 0:8:2], sums[..., 1:8:2]
    precision = right / np.maximum(predicted, 1)
    geometric = np.exp(np.log(np.maximum(precision, 1e-300)).mean(axis=-1))
    shorter = np.minimum(0.0, 1 - sums[..., 9] / np.maximum(sums[..., 8], 1))
    return np.where((right > 0).all(axis=-1), geometric * np.exp(shorter), 0.0)


MEASURES: Mapping[str, Callable[[Array], Array]] = {"mean": mean, "BLEU-4": bleu}
"""What a scorecard's `measured` names."""


def measured(statistics: Array, measure: str) -> dict[str, Any]:
    """The measure of all statistics [N, C], and its 95% percentile interval over examples: value, interval."""
    function = MEASURES[measure]
    low, high = np.percentile(function(_draws(len(statistics), SAMPLES, 0) @ statistics), [2.5, 97.5])
    return {"value": float(function(statistics.sum(axis=0))), "interval": [float(low), float(high)]}


def kept(statistics: Array, measure: str, unit: str = "points", better: str = "higher") -> dict[str, Any]:
    """What a scorecard keeps, so that it can be compared with another of the same examples.

    unit: "points", in which a score of 0..1 is shown, or the unit of the value itself. better: "higher" or "lower".
    """
    return {"measure": measure, "unit": unit, "better": better, "statistics": statistics.tolist()}


def paired_test(a: Array, b: Array, measure: str, samples: int = SAMPLES, seed: int = 0) -> dict[str, float]:
    """As `paired_bootstrap`, of a measure of statistics [N, C] of the same examples."""
    function, drawn = MEASURES[measure], _draws(len(a), samples, seed)
    differences = function(drawn @ b) - function(drawn @ a)
    return paired_result(float(function(a.sum(axis=0))), float(function(b.sum(axis=0))), differences)


def _draws(examples: int, samples: int, seed: int) -> Array:
    """How often each example is in each sample, [S, N]."""
    drawn = np.random.default_rng(seed).multinomial(examples, np.full(examples, 1 / examples), size=samples)
    return np.asarray(drawn)

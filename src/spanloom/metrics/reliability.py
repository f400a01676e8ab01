"""Whether scores mean what they say: of what has a score of 0.7, are 70 of 100 right? Part of every scorecard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.answers.parts.facts import ScoredFact
from spanloom.core import Array, Example
from spanloom.decode.scaling import AS_IS, Scaling, scored_facts

BINS = 10


def reliability(examples: Sequence[Example], predictions: Sequence[Any], scaling: Scaling = AS_IS) -> dict[str, Any]:
    """What joins a scorecard as "reliability": kind of fact -> its keys; nothing where answers have no scores.

    error         the expected calibration error of the scores
    error_before  the same of the network's own scores, which `scaling` made these of; None where it left them
    predicted     the facts that have a score
    confidence    their mean score
    precision     the part of them that is right
    bins          `BINS` of equal width, without the empty ones: low, high, predicted, confidence, precision

    The expected calibration error (Guo et al. 2017, https://proceedings.mlr.press/v70/guo17a.html) is the mean over
    predicted facts of |precision - confidence| of the bin that each is in: sum over bins of n_bin / n * |precision_bin
    - confidence_bin|. A bin is half-open, the last holds 1 too. A fact is right as in the strict rule.
    """
    kinds: dict[str, list[ScoredFact]] = defaultdict(list)
    for fact in scored_facts(examples, predictions):
        kinds[fact.kind].append(fact)
    table = {kind: _row(facts, scaling) for kind, facts in kinds.items()}
    return {"reliability": table} if table else {}


def _row(facts: Sequence[ScoredFact], scaling: Scaling) -> dict[str, Any]:
    scores = np.array([fact.score for fact in facts])
    right = np.array([fact.right for fact in facts], dtype=np.float64)
    before = None
    if facts[0].kind in scaling.lines:
        before = expected_error(np.array([scaling.unscaled(*fact[:3]) for fact in facts]), right)
    return {
        "error": expected_error(scores, right),
        "error_before": before,
        "predicted": len(facts),
        "confidence": float(scores.mean()),
        "precision": float(right.mean()),
        "bins": _bins(scores, right),
    }


def expected_error(scores: Array, right: Array) -> float:
    """The expected calibration error of scores [N] in 0..1, of which each is right (1) or wrong (0)."""
    bins = _bins(scores, right)
    return float(sum(item["predicted"] * abs(item["confidence"] - item["precision"]) for item in bins) / len(scores))


def _bins(scores: Array, right: Array) -> list[dict[str, Any]]:
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    return [
        {
            "low": number / BINS,
            "high": (number + 1) / BINS,
            "predicted": int((place == number).sum()),
            "confidence": float(scores[place == number].mean()),
            "precision": float(right[place == number].mean()),
        }
        for number in np.unique(place).tolist()
    ]

"""Entity spans from a table of scores. L labels, T words.

NumPy only: the same code for dev scores, prediction and bundles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spanloom.core import Array


class ScoredSpan(NamedTuple):
    """Words `start` to `end`, half-open, with a label number and a raw score (a logit, larger is surer)."""

    start: int
    end: int
    label: int
    score: float


def spans_from_table(scores: Array, flat: bool, most: int = 100) -> list[ScoredSpan]:
    """The spans that score above 0 in `scores` [L, T, T] (first word, last word, both inclusive), in text order.

    One label a span, its best. flat: of overlapping spans the surest stays. The `most` surest at most, so that an
    untrained model's swarm of spans cannot fill the memory. Of equal scores the first in the text wins, and there the
    shorter span and the lower label number.
    """
    best = scores.max(axis=0)  # [T, T]
    firsts, lasts = np.nonzero(np.triu(best) > 0)
    order = np.argsort(-best[firsts, lasts], kind="stable")[:most]
    firsts, lasts = firsts[order], lasts[order]
    labels = scores[:, firsts, lasts].argmax(axis=0)
    found = [
        ScoredSpan(int(first), int(last) + 1, int(label), float(best[first, last]))
        for first, last, label in zip(firsts, lasts, labels, strict=True)
    ]
    return sorted(_without_overlaps(found) if flat else found)


def _without_overlaps(spans: list[ScoredSpan]) -> list[ScoredSpan]:
    kept: list[ScoredSpan] = []
    for span in spans:  # the surest first
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return kept


def sigmoid(score: float) -> float:
    """A logit as a confidence in 0..1, without overflow."""
    return float(1.0 / (1.0 + np.exp(-np.clip(score, -60.0, 60.0))))

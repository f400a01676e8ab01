"""Entity spans from a table of scores. L labels, T words.

NumPy only: the same code for dev scores, prediction and bundles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import numpy as np

from spanloom.core import Array
from spanloom.inputs import Span


class ScoredSpan(NamedTuple):
    """Words `start` to `end`, half-open, with a label number and a raw score (a logit, larger is surer)."""

    start: int
    end: int
    label: int
    score: float


def spans_from_table(
    scores: Array, flat: bool, most: int = 100, crossing: bool = True, cut: Counter[str] | None = None
) -> list[ScoredSpan]:
    """The spans that score above 0 in `scores` [L, T, T] (first word, last word, both inclusive), in text order.

    One label a span, its best. flat: of overlapping spans the surest stays; without `crossing`, of those that overlap
    and neither of which holds the other. The `most` surest at most, so that an untrained model's swarm of spans cannot
    fill the memory. Of equal scores the first in the text wins, and there the shorter span and the lower label number.
    cut: where to count, as "spans", those beyond the `most`.
    """
    best = scores.max(axis=0)  # [T, T]
    firsts, lasts = np.nonzero(np.triu(best) > 0)
    if cut is not None and len(firsts) > most:
        cut["spans"] += len(firsts) - most
    order = np.argsort(-best[firsts, lasts], kind="stable")[:most]
    firsts, lasts = firsts[order], lasts[order]
    labels = scores[:, firsts, lasts].argmax(axis=0)
    found = [
        ScoredSpan(int(first), int(last) + 1, int(label), float(best[first, last]))
        for first, last, label in zip(firsts, lasts, labels, strict=True)
    ]
    return sorted(found if crossing and not flat else without_clashes(found, flat))


S = TypeVar("S", Span, ScoredSpan)


def without_clashes(spans: Iterable[S], flat: bool) -> list[S]:
    """The spans that clash with none that was kept before them: that overlap none if `flat`, else that cross none."""
    kept: list[S] = []
    for span in spans:
        if not any(overlap(span, other) if flat else cross(span, other) for other in kept):
            kept.append(span)
    return kept


def overlap(one: Span | ScoredSpan, other: Span | ScoredSpan) -> bool:
    """Whether two spans share a word."""
    return one.start < other.end and other.start < one.end


def cross(one: Span | ScoredSpan, other: Span | ScoredSpan) -> bool:
    """Whether two spans overlap and neither holds the other."""
    first, second = sorted(((one.start, one.end), (other.start, other.end)))
    return first[0] < second[0] < first[1] < second[1]


def sigmoid(score: float) -> float:
    """A logit as a confidence in 0..1, without overflow."""
    return float(1.0 / (1.0 + np.exp(-np.clip(score, -60.0, 60.0))))

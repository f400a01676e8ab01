"""Relations between decoded spans from a pair of relation tables. R relations, T words, N spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.decode.spans import ScoredSpan

MOST = 200
"""Relations of a sentence: an untrained model has a swarm of them."""


class ScoredTriple(NamedTuple):
    """Positions of head and tail in the list of spans, a relation number and a raw score (a logit)."""

    head: int
    tail: int
    relation: int
    score: float


def triples_from_tables(
    spans: Sequence[ScoredSpan],
    heads: Array,
    tails: Array,
    allowed: Array | None,
    least: float = 0.0,
    cut: Counter[str] | None = None,
) -> list[ScoredTriple]:
    """Every ordered pair of different spans, with every relation that scores above `least` for it in the mean of both
    tables.

    heads [R, T, T] scores the pair's first words, tails [R, T, T] its last words; on the dev sets
    of CoNLL04 and NYT their mean did as well as or better than asking each to be above 0. allowed [R, L, L], where
    given, says which entity labels a relation may join. Overlapping triples come free: nothing here competes. The
    `MOST` surest at most, against an untrained model's swarm. cut: where to count, as "relations", those beyond them.
    """
    if len(spans) < 2:
        return []
    first = np.array([span.start for span in spans])
    last = np.array([span.end - 1 for span in spans])
    scores = (heads[:, first[:, None], first] + tails[:, last[:, None], last]) / 2  # [R, N, N]
    scores[:, np.arange(len(spans)), np.arange(len(spans))] = -np.inf
    if allowed is not None:
        label = np.array([span.label for span in spans])
        scores = np.where(allowed[:, label[:, None], label], scores, -np.inf)
    found = np.argwhere(scores > least)
    if len(found) > MOST:
        if cut is not None:
            cut["relations"] += len(found) - MOST
        found = found[np.argsort(-scores[tuple(found.T)], kind="stable")[:MOST]]
    return [ScoredTriple(int(h), int(t), int(r), float(scores[r, h, t])) for r, h, t in found]

"""Scores of edits -> the edits that are most probable together. NumPy only.

K insertions at most, G places of the utterance to insert at (before each of its G - 1 tokens, and at its end), C tokens
of context.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from spanloom.core import Array

WIDTH = 8
"""Ways to go on that are followed at a time."""

EXCLUDED = -1e4
"""A score that no exponential notices."""


class EditScores(NamedTuple):
    """Logits of one utterance.

    The k-th insertion is one of "none", none [K], and all its places and first tokens, starts [K, G, C]. Its last token
    is one of those that `allowed` [C, C] lets follow the first (or be it): ends [K, G, C] + spans [C, C]. A token is
    deleted where deleted [G - 1] + the sum of instead [G, G - 1] over the places of the insertions is above 0.
    """

    none: Array
    starts: Array
    ends: Array
    spans: Array
    deleted: Array
    instead: Array
    allowed: Array


class Edits(NamedTuple):
    """insertions: (place, first token, behind the last token of the context), in order. deleted: of each token."""

    insertions: tuple[tuple[int, int, int], ...]
    deleted: tuple[bool, ...]


def likely_edits(scores: EditScores) -> list[tuple[float, Edits]]:
    """The most probable edits with their log probability, by a beam over the insertions; the best first.

    Insertions stand in the order of their places; behind a "none" there is no other. Given the insertions, each token
    is deleted or kept by itself, whichever is more probable.
    """
    found: list[tuple[float, list[tuple[int, int, int]], bool]] = [(0.0, [], False)]  # and whether it has ended
    for number in range(len(scores.none)):
        ways = list(_ways(scores, number))
        longer = [beam for beam in found if beam[2]]
        for total, insertions, ended in found:
            if ended:
                continue
            for log_p, way in ways:
                if way is None:
                    longer.append((total + log_p, insertions, True))
                elif not insertions or way[0] >= insertions[-1][0]:
                    longer.append((total + log_p, [*insertions, way], False))
        found = sorted(longer, key=lambda beam: -beam[0])[:WIDTH]
    whole = [_with_deletions(total, insertions, scores) for total, insertions, _ in found]
    return sorted(whole, key=lambda item: -item[0])


def _ways(scores: EditScores, number: int) -> Iterator[tuple[float, tuple[int, int, int] | None]]:
    """The most probable choices for one insertion: log probability, and None or (place, start, end)."""
    starts = np.where(scores.allowed.diagonal(), scores.starts[number], EXCLUDED)  # [G, C]
    together = _log_softmax(np.concatenate([scores.none[number : number + 1], starts.ravel()]))
    yield float(together[0]), None
    if not scores.allowed.any():
        return
    likely = np.argsort(-together[1:], kind="stable")[:WIDTH]
    likely = likely[together[1 + likely] > EXCLUDED / 2]
    place, start = np.unravel_index(likely, starts.shape)
    ends = np.where(scores.allowed[start], scores.ends[number][place] + scores.spans[start], EXCLUDED)  # [W, C]
    ends = _log_softmax(ends)
    last = ends.argmax(axis=1)
    total = together[1 + likely] + ends[np.arange(len(last)), last]
    for log_p, *way in zip(total.tolist(), place.tolist(), start.tolist(), (last + 1).tolist(), strict=True):
        yield log_p, (way[0], way[1], way[2])


def _with_deletions(total: float, insertions: list[tuple[int, int, int]], scores: EditScores) -> tuple[float, Edits]:
    logits = scores.deleted + sum(scores.instead[place] for place, _, _ in insertions)
    total -= float(np.log1p(np.exp(-np.abs(logits))).sum())
    return total, Edits(tuple(insertions), tuple((logits > 0).tolist()))


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=-1, keepdims=True, initial=EXCLUDED)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))

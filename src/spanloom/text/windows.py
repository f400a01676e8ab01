"""Long texts as overlapping windows. Pure: numbers in, numbers out."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from spanloom.core import Text

ENDERS = frozenset(".!?…。！？；")  # noqa: RUF001
CLOSERS = frozenset([*")]}»”’」』）】", "''", "-RRB-", "-RSB-", "-RCB-"])  # noqa: RUF001
QUOTES = frozenset("\"'")
"""Marks that open as well as close: only one that touches the end of a sentence belongs to it."""


def windows(n_tokens: int, size: int, overlap: int, boundaries: Sequence[int] | None = None) -> list[tuple[int, int]]:
    """Half-open windows of at most `size` tokens that together cover `0..n_tokens`, in order.

    Neighbours share `overlap` tokens at most. boundaries: positions, in ascending order, before which a sentence ends;
    a window ends at one, and the next begins at one, wherever that still lets the windows advance. No token, no window.
    Raises ValueError unless 0 <= overlap < size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} tokens cannot overlap by {overlap}")
    ends = list(boundaries or ())
    found: list[tuple[int, int]] = []
    start = 0
    while start < n_tokens:
        end = start + size
        if end >= n_tokens:
            return [*found, (start, n_tokens)]
        # An end beyond start + overlap keeps the next start beyond this one, and its end beyond this end.
        end = _last_within(ends, start + overlap + 1, end) or end
        found.append((start, end))
        start = _first_within(ends, end - overlap, end) or end - overlap
    return found


def sentence_ends(text: Text) -> list[int]:
    """Positions (in tokens) before which a sentence ends: after `.`, `!`, `?`, their Chinese forms, or a line break.

    Quotes and brackets that close behind the mark still belong to the sentence. A hint where to cut, no more.
    """
    ends = []
    ended = False
    for position, token in enumerate(text.tokens):
        gap = text.text[text.tokens[position - 1].end : token.start] if position else ""
        closes = token.text in CLOSERS or (token.text in QUOTES and not gap)
        if position and ("\n" in gap or (ended and not closes)):
            ends.append(position)
            ended = False
        ended = ENDERS.issuperset(token.text) or (ended and closes)
    return ends


def _last_within(values: Sequence[int], low: int, high: int) -> int | None:
    """The largest of the sorted `values` in `low..high`, both inclusive."""
    place = bisect.bisect_right(values, high) - 1
    return values[place] if place >= 0 and values[place] >= low else None


def _first_within(values: Sequence[int], low: int, high: int) -> int | None:
    """The smallest of the sorted `values` in `low..high - 1`."""
    place = bisect.bisect_left(values, low)
    return values[place] if place < len(values) and values[place] < high else None

"""Long texts as overlapping windows. Pure: numbers in, numbers out."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from spanloom.inputs import Text

ENDERS = frozenset(".!?…。！？；")  # noqa: RUF001
CLOSERS = frozenset([*")]}»”’」』）】", "''", "-RRB-", "-RSB-", "-RCB-"])  # noqa: RUF001
QUOTES = frozenset("\"'")
"""Marks that open as well as close: only one that touches the end of a sentence belongs to it."""

OVERLAP = 0.25
"""How much of a window its neighbour repeats."""

Window = tuple[int, int]
"""Tokens, half-open."""


def windows(n_tokens: int, size: int, overlap: int, boundaries: Sequence[int] | None = None) -> list[Window]:
    """Half-open windows of at most `size` tokens that together cover `0..n_tokens`, in order.

    Neighbours share `overlap` tokens at most. boundaries: positions, in ascending order, before which a sentence ends;
    a window ends at one, and the next begins at one, wherever that still lets the windows advance. No token, no window.
    Raises ValueError unless 0 <= overlap < size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} tokens cannot overlap by {overlap}")
    ends = list(boundaries or ())
    found: list[Window] = []
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


def windows_of(text: Text, max_words: int, max_sentences: int | None = None) -> list[Window]:
    """The windows of a text, in tokens: one that holds everything if the text is short enough, none if it is empty.

    A window holds at most `max_words` tokens and `max_sentences` sentences, of which neighbours share a half, rounded
    down: a model that was trained on single sentences does far worse on several at once. A sentence that is too long
    by itself is cut into windows that overlap by a quarter.
    """
    n_tokens, ends = len(text.tokens), sentence_ends(text)
    if max_sentences is None or len(ends) < max_sentences:
        return windows(n_tokens, max_words, 0 if n_tokens <= max_words else int(max_words * OVERLAP), ends)
    edges = [0, *ends, n_tokens]
    found: list[Window] = []
    for first, last in windows(len(edges) - 1, max_sentences, max_sentences // 2):
        start, end = edges[first], edges[last]
        inner = [position - start for position in edges[first + 1 : last]]
        overlap = 0 if end - start <= max_words else int(max_words * OVERLAP)
        found += [(start + low, start + high) for low, high in windows(end - start, max_words, overlap, inner)]
    return found


def holding(n_tokens: int, first: Window, second: Window, size: int) -> list[Window]:
    """What is kept of a text for the sake of two places in it: both, whole, with what stands around them, in order.

    Windows of `size` tokens together, or of the two places alone where these are longer. One window where it can hold
    both, its ends about as far from them; else one around each, and the middle of the text is left out.
    """
    (low, inner_low), (inner_high, high) = sorted((first, second))
    high = max(inner_low, high)
    if n_tokens <= size:
        return [(0, n_tokens)]
    if high - low <= size:
        start = min(max(low - (size - (high - low)) // 2, 0), n_tokens - size)
        return [(start, start + size)]
    if inner_high <= inner_low:  # they overlap
        return [(low, high)]
    spare = max(size - (inner_low - low) - (high - inner_high), 0)
    before, behind = min(low, spare // 4), min(n_tokens - high, spare // 4)
    between = spare - before - behind  # less than there is
    return [(low - before, inner_low + between // 2), (inner_high - (between - between // 2), high + behind)]


def around(
    places: tuple[Window, Window], ends: Sequence[int], n_tokens: int, max_words: int, max_sentences: int | None = None
) -> list[Window]:
    """What stands around two places of a text of `n_tokens`, the first beginning no later than the second.

    Two windows, of `max_words` tokens together at most, or one where they meet; none where a place has more than half
    of that. Each gets half of the tokens and of the `max_sentences`, if not less than the sentences that its place
    stands in, and begins and ends with a sentence where one does between its limits and the place. ends: see
    `sentence_ends`.
    """
    half, sentences = max_words // 2, n_tokens if max_sentences is None else max_sentences // 2
    if any(end - start > half for start, end in places):
        return []
    edges = [0, *ends, n_tokens]
    first, second = (_surroundings(place, edges, half, sentences) for place in places)
    return [(min(first[0], second[0]), max(first[1], second[1]))] if second[0] <= first[1] else [first, second]


def _surroundings(place: Window, edges: Sequence[int], size: int, sentences: int) -> Window:
    """At most `size` tokens around a place, which stands in the middle unless the outer edges are too near."""
    start, end = place
    first, last = bisect.bisect_right(edges, start) - 1, bisect.bisect_left(edges, end)
    extra = max(0, sentences - (last - first))
    after = min(extra - min((extra + 1) // 2, first), len(edges) - 1 - last)  # what one side lacks the other gets
    lowest, highest = edges[first - min(extra - after, first)], edges[last + after]
    low = max(lowest, min(start - (size - (end - start)) // 2, highest - size))
    high = min(highest, low + size)
    return _first_within(edges, low, start + 1) or low, _last_within(edges, end, high) or high


def part_of_text(text: Text, window: Window) -> Text:
    """The tokens of one window, still pointing into the whole text."""
    start, end = window
    return dataclasses.replace(text, tokens=text.tokens[start:end])


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


def usual_sentences(texts: Iterable[Text]) -> int:
    """How many sentences a window may hold of texts like these: as many as 95 in 100 of them have at most.

    Stray long ones should not set the limit, nor should dots that end no sentence: a model of single sentences does far
    worse on two.
    """
    counts = [len(sentence_ends(text)) + 1 for text in texts]
    return int(np.percentile(counts, 95, method="inverted_cdf"))


def _last_within(values: Sequence[int], low: int, high: int) -> int | None:
    """The largest of the sorted `values` in `low..high`, both inclusive."""
    place = bisect.bisect_right(values, high) - 1
    return values[place] if place >= 0 and values[place] >= low else None


def _first_within(values: Sequence[int], low: int, high: int) -> int | None:
    """The smallest of the sorted `values` in `low..high - 1`."""
    place = bisect.bisect_left(values, low)
    return values[place] if place < len(values) and values[place] < high else None

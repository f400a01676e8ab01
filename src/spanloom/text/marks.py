"""Two spans of a text, marked in it: `The <e1>fire</e1> was caused by the <e2>candle</e2>.`

The head stands between `<e1>` and `</e1>`, the tail between `<e2>` and `</e2>`. Offsets refer to the text without the
marks.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Span, Text, Token
from spanloom.text.words import covering, tokenize

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")
_MARK = re.compile("|".join(MARKS))
_REMEDY = "Write it as in: The <e1>fire</e1> was caused by the <e2>candle</e2>."

Place = tuple[int, int]
"""Half-open, in characters or in tokens."""


def read_marks(raw: str, where: str) -> MarkedText:
    """The text without its marks, tokenised so that no token lies across the edge of a span.

    Raises DataError, naming `where`, unless each of the four marks stands there once, in order, around something.
    """
    found = list(_MARK.finditer(raw))
    at: dict[str, int] = {}
    for number, match in enumerate(found):
        if match.group() in at:
            raise DataError(where, f"{match.group()} stands there twice in {_cut(raw)}", "each mark once", _REMEDY)
        at[match.group()] = match.start() - sum(len(before.group()) for before in found[:number])
    missing = [mark for mark in MARKS if mark not in at]
    if missing:
        found_text = f"no {', '.join(missing)} in {_cut(raw)}"
        raise DataError(where, found_text, "a text in which a head and a tail are marked", _REMEDY)
    text = _MARK.sub("", raw)
    head, tail = (stripped(text, (at[f"<{name}>"], at[f"</{name}>"])) for name in ("e1", "e2"))
    for name, place in (("e1", head), ("e2", tail)):
        if place is None:
            raise DataError(where, f"nothing stands between <{name}> and </{name}>", "a word or more", _REMEDY)
    assert head is not None
    assert tail is not None
    return mark(text, head, tail)


def mark(text: str, head: Place, tail: Place) -> MarkedText:
    """A text with two marked spans, both in characters, without outer spaces. Their labels are empty."""
    tokens = split_tokens(tokenize(text), (*head, *tail))
    ranges = [covering(tokens, *place) for place in (head, tail)]
    first, second = (Span(*found, "") for found in ranges if found is not None)
    return MarkedText(Text(text, tokens), first, second)


def stripped(text: str, place: Place) -> Place | None:
    """The place without the spaces at its ends; None where nothing else is there."""
    start, end = place
    surface = text[start:end]
    if not surface.strip():
        return None
    return end - len(surface.lstrip()), start + len(surface.rstrip())


def split_tokens(tokens: Iterable[Token], edges: Iterable[int]) -> tuple[Token, ...]:
    """The tokens, each cut in two wherever an edge (in characters) lies inside it."""
    cuts = sorted(set(edges))
    parts: list[Token] = []
    for token in tokens:
        inside = [edge for edge in cuts if token.start < edge < token.end]
        for start, end in itertools.pairwise((token.start, *inside, token.end)):
            parts.append(Token(token.text[start - token.start : end - token.start], start, end))
    return tuple(parts)


def mark_places(head: Place, tail: Place) -> list[tuple[int, str]]:
    """Before which position each of `MARKS` stands, in reading order: properly nested where one span holds the other.

    Where two marks meet, what ends there is closed before anything is opened.
    """
    places: list[tuple[int, int, int, int, str]] = []
    for number, (start, end) in enumerate((head, tail)):
        places.append((start, 1, -end, number, MARKS[2 * number]))
        places.append((end, 0, -start, -number, MARKS[2 * number + 1]))
    return [(place[0], place[-1]) for place in sorted(places)]


def write_marks(item: MarkedText) -> str:
    """The text with its marks in it, which `read_marks` reads."""
    text = item.text
    parts: list[str] = []
    after = 0
    for position, name in mark_places(text.characters(item.head), text.characters(item.tail)):
        parts += [text.text[after:position], name]
        after = position
    return "".join([*parts, text.text[after:]])


def insert(words: Sequence[str], head: Place, tail: Place, markers: Sequence[str]) -> tuple[list[str], Place, Place]:
    """The words with a marker before and behind each span, and where the spans stand then, between their markers.

    markers: what is written for each of `MARKS`.
    """
    out: list[str] = []
    at: dict[str, int] = {}
    after = 0
    for position, name in mark_places(head, tail):
        out += words[after:position]
        at[name] = len(out)
        out.append(markers[MARKS.index(name)])
        after = position
    out += words[after:]
    return out, (at["<e1>"] + 1, at["</e1>"]), (at["<e2>"] + 1, at["</e2>"])


def words_between(item: MarkedText) -> int:
    """How many tokens stand between head and tail; 0 where they overlap."""
    first, second = sorted((item.head, item.tail), key=lambda span: span.start)
    return max(second.start - first.end, 0)


def _cut(raw: str) -> str:
    return repr(raw if len(raw) <= 60 else f"{raw[:60]}…")

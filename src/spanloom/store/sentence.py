"""The sentence that a fact stands in."""

from __future__ import annotations

import re

REACH = 300
"""Characters before and behind that are looked through for the ends of the sentence."""
FAR = 600
"""Characters between two names from which on each is shown in a sentence of its own."""

_END = re.compile(r"(?:(?<!\b[^\W\d_])\.|[!?…])['\")\]»”’]*\s+|[。！？；]['\")\]」』”’）]*|\n")  # noqa: RUF001
GAP = " … "


def sentence_around(text: str, *places: tuple[int, int]) -> str:
    """What stands around these places, in characters, from the end of a sentence to the end of one, on one line.

    An ellipsis stands where no end is near, and between places that are far apart.
    """
    start, end = min(place[0] for place in places), max(place[1] for place in places)
    if len(places) > 1 and end - start > FAR:
        return GAP.join(sentence_around(text, place) for place in sorted(places))
    before, behind = text[max(start - REACH, 0) : start], text[end : end + REACH]
    ends = [found.end() for found in _END.finditer(before)]
    first = start - len(before) + ends[-1] if ends else start - len(before)
    cut_first = not ends and first > 0
    closing = _END.search(behind)
    last = end + closing.end() if closing else end + len(behind)
    cut_last = closing is None and last < len(text)
    return f"{'…' * cut_first}{' '.join(text[first:last].split())}{'…' * cut_last}"

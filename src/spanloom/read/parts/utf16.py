"""Offsets that count UTF-16 code units, as JavaScript and Java do, in those that count characters, as Python does."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate


class Utf16:
    """The UTF-16 code units of a text. A character beyond the first 65,536, such as an emoji, has two."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *accumulate(1 + (character > "\uffff") for character in text)]

    @property
    def length(self) -> int:
        return self._starts[-1]

    def units(self, offset: int) -> int:
        """How many code units stand before so many characters."""
        return self._starts[offset]

    def characters(self, units: int) -> int | None:
        """How many characters stand before so many code units; None inside a character and outside the text."""
        at = bisect_left(self._starts, units)
        return at if at < len(self._starts) and self._starts[at] == units else None

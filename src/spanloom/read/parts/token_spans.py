"""Spans and relations whose offsets count tokens and whose ends are inclusive: `[3, 3]` is one token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spanloom.errors import DataError
from spanloom.inputs import Span
from spanloom.read.parts.json_items import of_kind, shown
from spanloom.text.counts import several


def inclusive(values: Sequence[Any], length: int, where: str, what: str) -> tuple[int, int]:
    """The half-open range of two numbers of tokens, the second of which is in it. Raises DataError.

    what: what has these edges, "an entity".
    """
    first, last = (of_kind(value, int, where, f"an edge of {what}") for value in values)
    if not 0 <= first <= last < length:
        found = f"{what} from {first} to {last} in a text of {several(length, 'token')}"
        expected = "numbers of its tokens, from 0, the last one included"
        raise DataError(where, found, expected, "Correct the offsets.")
    return first, last + 1


def parts_of(value: Any, sizes: Sequence[int], where: str, what: str, shape: str) -> list[Any]:
    """The parts of a list that has one of these sizes. Raises DataError.

    shape: how such a list is written.
    """
    parts = of_kind(value, list, where, what)
    if len(parts) not in sizes:
        raise DataError(where, f"{what} is {shown(parts)}", shape, "Correct the value.")
    return parts


def span_at(place: tuple[int, int], spans: Sequence[Span], where: str, label: str = "") -> Span:
    """The span of a place, of several the first, and with this label if one is given. Raises DataError for none."""
    for span in spans:
        if (span.start, span.end) == place and label in ("", span.label):
            return span
    start, end = place
    named = f" of the label {shown(label)}" if label else ""
    found = f"a relation of the tokens {start} to {end - 1}, where no entity{named} stands"
    raise DataError(
        where, found, "the first and the last token of an entity", "Correct the offsets, or add the entity."
    )

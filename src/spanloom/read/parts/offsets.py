"""Offsets, indices and labels that stand in a file, checked."""

from __future__ import annotations

from typing import Any

from spanloom.errors import DataError
from spanloom.read.parts.json_items import Item, field, refuse_huge, shown

NAMES = {"entities": "an entity", "slots": "a slot", "spans": "a span", "head": "a head", "tail": "a tail"}
"""What stands under a key of a file."""


def checked_range(item: Item, length: int, unit: str, where: str, owner: str = "entities") -> tuple[int, int]:
    """`start` and `end` of an entity, half-open, within `length` characters or tokens (`unit`). Raises DataError.

    owner: the key that the entity stands under.
    """
    start, end = (field(item, key, int, where, owner) for key in ("start", "end"))
    if end <= start:
        raise DataError(
            where, f"{NAMES[owner]} from {start} to {end}", "an end after the start", "Correct the offsets."
        )
    if start < 0 or end > length:
        found = f"{NAMES[owner]} from {start} to {end} in a text of {length} {unit}"
        raise DataError(where, found, "offsets inside the text", "Correct them; the end is exclusive.")
    return start, end


def checked_index(item: Item, key: str, count: int, where: str) -> int:
    """The index of a relation's head or tail in `entities`. Raises DataError."""
    index = field(item, key, int, where, "relations")
    if not 0 <= index < count:
        expected = f"an index of one of the {count} entities, from 0" if count else "an entity, but there is none"
        raise DataError(where, f"a relation's {key} is {index}", expected, "Correct the index.")
    return index


def label_of(item: Item, key: str, where: str, owner: str) -> str:
    """A label, which must not be blank. Raises DataError."""
    label = field(item, key, str, where, owner)
    if not label.strip():
        raise DataError(where, f"{owner}.{key} is {label!r}", "a label", "Fill it in.")
    return label


def class_name(value: Any, where: str, owner: str) -> str:
    """The name of a class, without spaces around it; a whole number, true and false are names too. Raises DataError."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int):
        raise DataError(
            where, f"{owner} is {shown(value)}", "a string, an integer, true or false", "Correct the label."
        )
    if isinstance(value, int):
        refuse_huge(value, where, owner)
    name = str(value).strip()
    if not name:
        raise DataError(where, f"{owner} is empty", "the name of a class", "Fill it in, or remove the example.")
    return name

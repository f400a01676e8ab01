"""JSON lines, lists and objects in a row to objects with their lines, and the checked access to their fields."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.json_decode import decode
from spanloom.read.parts.json_decode import shown as shown
from spanloom.read.parts.json_keys import first_keys as first_keys
from spanloom.read.parts.lines import numbered_lines, whole_text

T = TypeVar("T")
Item = Mapping[str, Any]

BLANKS = " \t"
BETWEEN = re.compile(r"[ \t\n\r]*+")
UNFINISHED = ("{", "[", ",", ":")  # what a line of an object ends with that goes on on the next
KINDS = {str: "a string", int: "an integer", float: "a number", list: "a list", dict: "an object"}


def json_items(path: Path, config: DataConfig) -> Iterator[tuple[Source, Item]]:
    """The objects of a JSON list, of JSON lines, which are streamed, or each of several lines, one behind the other.

    Raises DataError for what is not JSON.
    """
    is_first = True
    for number, line in numbered_lines(path, config.encoding):
        begins = len(line) - len(line.lstrip(BLANKS))
        if begins == len(line):
            continue
        if is_first and line[begins] == "[":
            yield from _list_items(path, whole_text(path, config.encoding))
            return
        if is_first and line.rstrip(BLANKS).endswith(UNFINISHED):
            yield from _objects_in_a_row(path, whole_text(path, config.encoding))
            return
        is_first = False
        source = Source(str(path), number)
        item, end = decode(line, begins, source)
        if line[end:].strip(BLANKS):
            found = f"more after the object: {shown(line[end:].strip())}"
            raise DataError(str(source), found, "one JSON object a line", "Break the line there.")
        yield source, object_of(item, str(source), "the line")


def each_object(
    one: Callable[[Item, Source, DataConfig], Example],
) -> Callable[[Path, DataConfig], Iterator[Example]]:
    """The reader of a format in which each object is an example, by what makes one of it."""

    def read(path: Path, config: DataConfig) -> Iterator[Example]:
        return (one(item, source, config) for source, item in json_items(path, config))

    return read


def _list_items(path: Path, text: str) -> Iterator[tuple[Source, Item]]:
    at, line, counted = text.index("[") + 1, 1, 0
    expecting_item = False  # only after a comma; `[]` is a list too
    while True:
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, at), at
        source = Source(str(path), line)
        mark = text[at : at + 1]
        if mark == "]" and not expecting_item:
            break
        item, at = decode(text, at, source)
        yield source, object_of(item, str(source), "the item")
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, at), at
        if text[at : at + 1] not in ("]", ","):
            found = f"{shown(text[at : at + 20])} after an item" if text[at:] else "the list is not closed"
            raise DataError(f"{path}:{line}", found, "',' or ']'", "Mend the JSON there.")
        expecting_item = text[at] == ","
        at += expecting_item
    if text[at + 1 :].strip():
        found = f"more after the list: {shown(text[at + 1 :].strip())}"
        raise DataError(f"{path}:{line}", found, "one JSON list", "Remove it, or write one object a line.")


def _objects_in_a_row(path: Path, text: str) -> Iterator[tuple[Source, Item]]:
    """Objects as a pretty printer writes them, with nothing but white space in between."""
    at, line, counted = 0, 1, 0
    while True:
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, at), at
        if at == len(text):
            return
        source = Source(str(path), line)
        item, at = decode(text, at, source)
        yield source, object_of(item, str(source), "the item")


def object_of(value: Any, where: str, what: str) -> Item:
    """The value, if it is a JSON object. Raises DataError."""
    return of_kind(value, dict, where, what)


def of_kind(value: Any, kind: type[T], where: str, what: str) -> T:
    """The value, if it is of this kind; true and false are no numbers. Raises DataError naming `what`."""
    if kind is float and isinstance(value, int):
        return of_kind(value, int, where, what) * 1.0  # type: ignore[return-value]
    if isinstance(value, kind) and not isinstance(value, bool):
        if isinstance(value, int):
            refuse_huge(value, where, what)
        return value
    raise DataError(where, f"{what} is {shown(value)}", KINDS[kind], "Correct the value.")


def refuse_huge(number: int, where: str, what: str) -> None:
    """Raise DataError for an integer that no array and no other program holds."""
    if not -(2**63) <= number < 2**63:
        raise DataError(where, f"{what} is {shown(number)}", "an integer of 64 bits", "Correct the value.")


def field(item: Item, key: str, kind: type[T], where: str, owner: str = "") -> T:
    """`item[key]`, of this kind. Raises DataError for a missing key, with the near one, and for a wrong type."""
    name = f"{owner}.{key}" if owner else f"'{key}'"
    if key not in item:
        near = difflib.get_close_matches(key, item, n=1)
        hint = f"; did you mean this by {near[0]!r}?" if near else ""
        found = f"missing key {name}{hint}"
        there = ", ".join(key if key.isprintable() else repr(key) for key in item) or "none"
        raise DataError(where, found, f"keys {shown_keys(there)} are there", "Add it.")
    return of_kind(item[key], kind, where, name)


def id_of(item: Item, key: str, where: str, owner: str = "") -> str | int:
    """An id, a number or a text. Raises DataError for a missing one, and for anything else."""
    value = item.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return field(item, key, str, where, owner)


def listed(item: Item, key: str, where: str) -> list[Any]:
    """The list under a key that may be missing, or null: none then. Raises DataError for anything else."""
    return [] if item.get(key) is None else field(item, key, list, where)


def shown_keys(listed: str, limit: int = 300) -> str:
    """The keys of an object as one string, cut where they are very many or very long."""
    return listed if len(listed) <= limit else f"{listed[:limit]}…"

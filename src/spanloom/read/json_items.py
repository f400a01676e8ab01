"""JSON lines and JSON lists to objects with the line where each begins, and the checked access to their fields."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read.lines import numbered_lines, opening, whole_text

T = TypeVar("T")
Item = Mapping[str, Any]

DECODER = json.JSONDecoder()
HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
BETWEEN = re.compile(r"[ \t\n\r]*")
KINDS = {str: "a string", int: "an integer", float: "a number", list: "a list", dict: "an object"}


def json_items(path: Path, config: DataConfig) -> Iterator[tuple[Source, Item]]:
    """The objects of a JSON list, or of JSON lines, which are streamed. Raises DataError for what is not JSON."""
    if opening(path, config.encoding).lstrip(" \t\n\r")[:1] == "[":
        yield from _list_items(path, whole_text(path, config.encoding))
        return
    for number, line in numbered_lines(path, config.encoding):
        if line.strip(" \t"):
            source = Source(str(path), number)
            item, end = _decode(line, BETWEEN.match(line).end(), source)  # type: ignore[union-attr]
            if line[end:].strip(" \t"):
                found = f"more after the object: {shown(line[end:].strip())}"
                raise DataError(str(source), found, "one JSON object a line", "Break the line there.")
            yield source, object_of(item, str(source), "the line")


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
        item, at = _decode(text, at, source)
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


def _decode(text: str, at: int, source: Source) -> tuple[Any, int]:
    try:
        item, end = DECODER.raw_decode(text, at)
        if HALF_ESCAPED.search(text, at, end):
            _refuse_half_characters(item, source)
        return item, end
    except json.JSONDecodeError as error:
        line = source.line + text.count("\n", at, error.pos)
        column = error.pos - text.rfind("\n", 0, error.pos)
        where = f"{source.path}:{line}"
        found = f"not valid JSON: {error.msg} at column {column}, near {shown(text[max(at, error.pos - 10) :][:30])}"
        raise DataError(where, found, "a JSON object", "Mend the JSON there.") from None
    except RecursionError:
        raise DataError(str(source), "JSON nested too deep", "a flat JSON object", "Mend the file.") from None
    except ValueError as error:  # an integer of thousands of digits
        raise DataError(str(source), f"not valid JSON: {error}", "a JSON object", "Mend the file.") from None


def _refuse_half_characters(item: Any, source: Source) -> None:
    """Half a surrogate pair is valid JSON, but no text: no file could hold it again."""
    try:
        json.dumps(item, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"half a character, \\u{ord(error.object[error.start]):04x}, in a string"
        raise DataError(str(source), found, "both halves of a surrogate pair", "Correct the string.") from None


def first_keys(beginning: str) -> frozenset[str]:
    """The keys of the first object of JSON lines or of a JSON list; empty for other text.

    beginning: the first part of a file. Where that object is broken or cut, whatever looks like a key counts, so that
    its own reader can say what is wrong.
    """
    at = re.match(r"\s*\[?\s*(?=\{)", beginning)
    if at is None:
        return frozenset()
    try:
        return frozenset(DECODER.raw_decode(beginning, at.end())[0])
    except (ValueError, RecursionError):
        return frozenset(re.findall(r'"(\w{1,40})"\s{0,9}:', beginning))


def shown(value: Any, limit: int = 60) -> str:
    """A value as it is cited in an error: its repr, cut where it is long."""
    text = repr(value[: limit + 1] if isinstance(value, (str, list)) else value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def object_of(value: Any, where: str, what: str) -> Item:
    """The value, if it is a JSON object. Raises DataError."""
    return of_kind(value, dict, where, what)


def of_kind(value: Any, kind: type[T], where: str, what: str) -> T:
    """The value, if it is of this kind; true and false are no numbers. Raises DataError naming `what`."""
    if kind is float and isinstance(value, int):
        return of_kind(value, int, where, what) * 1.0  # type: ignore[return-value]
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    raise DataError(where, f"{what} is {shown(value)}", KINDS[kind], "Correct the value.")


def field(item: Item, key: str, kind: type[T], where: str, owner: str = "") -> T:
    """`item[key]`, of this kind. Raises DataError for a missing key, with the near one, and for a wrong type."""
    name = f"{owner}.{key}" if owner else f"'{key}'"
    if key not in item:
        near = difflib.get_close_matches(key, item, n=1)
        hint = f"; did you mean this by {near[0]!r}?" if near else ""
        found = f"missing key {name}{hint}"
        there = ", ".join(key if key.isprintable() else repr(key) for key in item) or "none"
        raise DataError(where, found, f"keys {there} are there", "Add it.")
    return of_kind(item[key], kind, where, name)


def refuse_near_key(item: Item, known: Sequence[str], where: str) -> None:
    """Raise DataError where a key looks like a misspelt one of `known`: the gold under it would be passed over."""
    for key in item:
        if near := difflib.get_close_matches(key, known, n=1):
            raise DataError(where, f"unknown key {key!r}", f"did you mean '{near[0]}'?", "Rename it.")

"""Every setting of a configuration: what it may be, its default and its meaning, as its table declares them."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from spanloom.config.ranges import Range
from spanloom.config.settings import UNIONS, Names, kinds_in, short_form

NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a string", Path: "a path, as a string"}
UNBOUNDED = 10**9
"""An end of a range from which on it is there to refuse what must be a mistake, and is not told."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. may_be: its type or choices, and its range. default: as TOML writes it, "" where there is none."""

    name: str
    may_be: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """A table with its settings, but for the tables inside it. name: "train.augment", "" for the top of the file.

    kind: of a choice that brings settings of its own, which of its tables this is. many: there may be several, each
    headed `[[data.source]]`.
    """

    name: str
    meaning: str
    settings: tuple[Setting, ...]
    kind: str = ""
    many: bool = False


def tables_of(table: type, name: str = "", kind: str = "", many: bool = False) -> Iterator[SettingsTable]:
    """A table, and behind it those inside it, in the order of their settings: of a choice, one for each kind."""
    hints = typing.get_type_hints(table, include_extras=True)
    inside: list[tuple[type, str, str, bool]] = []
    settings: list[Setting] = []
    for item in dataclasses.fields(table):
        hint, key = hints[item.name], f"{name}.{item.name}".lstrip(".")
        each = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else None
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            inside.append((hint, key, "", False))
        elif isinstance(each, type) and dataclasses.is_dataclass(each):
            inside.append((each, key, "", True))
        elif hint is not Any and not (kind and item.name == "kind"):
            settings.append(Setting(item.name, may_be(hint), _written(item.default), item.metadata.get("meaning", "")))
        inside += [(one, key, tag, False) for tag, one in kinds_in(hint).items()]
    yield SettingsTable(name, (table.__doc__ or "").strip(), tuple(settings), kind, many)
    for one in inside:
        yield from tables_of(*one)


def may_be(hint: Any) -> str:
    """What a value of this type may be, in words."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if kinds := kinds_in(hint):
        return " or ".join(json.dumps(kind) for kind in kinds)
    if origin is Annotated:
        return _within(inside[1], inside[0]) if isinstance(inside[1], Range) else f"{may_be(inside[0])}, rising"
    if origin is Literal:
        return " or ".join(json.dumps(choice) for choice in inside)
    if origin is Names:
        return f"a table of names, each {may_be(inside[0])}"
    if origin is tuple:
        return f"a list, each {may_be(inside[0])}"
    if origin in UNIONS:
        return " or ".join(may_be(kind) for kind in inside if kind is not type(None))
    return NAMES.get(hint, str(hint))


def _within(range_: Range, kind: Any) -> str:
    if (range_.least, range_.most) == (0, 1):
        return str(range_)
    end = "" if range_.most >= UNBOUNDED else f" to {range_.most:,}"
    return f"{may_be(kind)} from {range_.least:,}{end}"


def _written(default: Any) -> str:
    return "" if default is None or default is dataclasses.MISSING else json.dumps(short_form(default))

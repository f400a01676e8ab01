"""Every setting of a configuration: what it may be, its default and its meaning, as its table declares them."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from spanloom.config.ranges import Range
from spanloom.config.written import to_table

NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a string", Path: "a path, as a string"}
UNBOUNDED = 10**9
"""An end of a range from which on it is there to refuse what must be a mistake, and is not told."""

_UNIONS = (typing.Union, types.UnionType)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. may_be: its type or choices, and its range. default: as TOML writes it, "" where there is none."""

    name: str
    may_be: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its settings, but for the tables inside it. name: "train.augment", "" for the top of the file."""

    name: str
    meaning: str
    settings: tuple[Setting, ...]


def tables_of(table: type, name: str = "") -> Iterator[Table]:
    """A table, and behind it those inside it, in the order of their settings."""
    hints = typing.get_type_hints(table, include_extras=True)
    inside: list[tuple[str, type]] = []
    settings: list[Setting] = []
    for item in dataclasses.fields(table):
        hint, default = hints[item.name], item.default
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            inside.append((f"{name}.{item.name}".lstrip("."), hint))
        elif hint is not Any:
            meaning = item.metadata.get("meaning", "")
            settings.append(Setting(item.name, may_be(hint), _written(default), meaning))
    yield Table(name, (table.__doc__ or "").strip(), tuple(settings))
    for inner, kind in inside:
        yield from tables_of(kind, inner)


def may_be(hint: Any) -> str:
    """What a value of this type may be, in words."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return next((_within(range_, inside[0]) for range_ in inside[1:]), may_be(inside[0]))
    if origin is Literal:
        return " or ".join(json.dumps(choice) for choice in inside)
    if origin is tuple:
        return f"a list, each {may_be(inside[0])}"
    if origin in _UNIONS:
        return " or ".join(may_be(kind) for kind in inside if kind is not type(None))
    return NAMES.get(hint, str(hint))


def _within(range_: Range, kind: Any) -> str:
    if (range_.least, range_.most) == (0, 1):
        return str(range_)
    end = "" if range_.most >= UNBOUNDED else f" to {range_.most:,}"
    return f"{may_be(kind)} from {range_.least:,}{end}"


def _written(default: Any) -> str:
    if default is None or default is dataclasses.MISSING:
        return ""
    return json.dumps(to_table(default) if dataclasses.is_dataclass(default) else default)

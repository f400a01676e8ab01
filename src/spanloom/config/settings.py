"""A field of a configuration's table: its default, and beside it in one line what it means.

A choice that brings settings of its own is a union of tables, each with a field `kind` that names it; whoever wants
one at its defaults may write the name alone: `schedule = "cosine"` is `[train.schedule]` with `kind = "cosine"`.
Tables that are found by listing folders below this one are a `Choice`: `encoder: Annotated[Base, Choice(tables)]`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class OfKind(Protocol):
    """A table of a choice."""

    @property
    def kind(self) -> str: ...


class Names(dict[str, T]):
    """A table whose keys are the user's own words, such as labels: `rename = { PER = "person" }`. Never changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


@dataclass(frozen=True, slots=True)
class Choice:
    """In a field's annotation: the tables that it may be, by their `kind`, told when they are asked for."""

    tables: Callable[[], Mapping[str, type]]


UNIONS = (typing.Union, types.UnionType)


def setting(default: T, meaning: str, was: str = "") -> T:
    """A dataclass field: `epochs: Epochs = setting(20, "passes over the training data")`.

    Its type says what it may be. `spanloom settings` and docs/settings.md print the meaning. was: the name that it had
    in the table around its own, when all settings of all kinds stood there.
    """
    return field(default=default, metadata={"meaning": meaning, "was": was})


def kinds_in(hint: Any) -> dict[str, type]:
    """The tables of a choice by their `kind`, where a field's type is a union of tables or a `Choice`; else none."""
    if typing.get_origin(hint) is Annotated:
        return dict(next((rule.tables() for rule in typing.get_args(hint) if isinstance(rule, Choice)), {}))
    tables = typing.get_args(hint) if typing.get_origin(hint) in UNIONS else ()
    if not all(isinstance(table, type) and dataclasses.is_dataclass(table) for table in tables):
        return {}
    return {str(item.default): table for table in tables for item in dataclasses.fields(table) if item.name == "kind"}


def kinds_of(table: type, name: str) -> dict[str, type]:
    """The kinds of the choice that the field `name` of a table is: `kinds_of(TrainConfig, "schedule")["cosine"]()`."""
    return kinds_in(typing.get_type_hints(table, include_extras=True)[name])


def short_form(value: Any) -> Any:
    """A value as a person would write it: of a table of a choice, its kind alone."""
    return value.kind if isinstance(value, OfKind) else value


def moved(hints: Mapping[str, Any], was: str) -> Iterator[tuple[str, str]]:
    """Where a setting stands now that was called `was` in the table with these fields, and each kind that has it."""
    for name, hint in hints.items():
        for kind, table in kinds_in(hint).items():
            names = [item.name for item in dataclasses.fields(table) if item.metadata.get("was") == was]
            yield from ((f"{name}.{new}", kind) for new in names)

"""Every setting says what it means in one line, and what it may be is told as its type and range have it."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from spanloom.config import Range, RunConfig, setting
from spanloom.config.listing import Setting, SettingsTable, may_be, tables_of
from spanloom.config.ranges import FractionBelowOne
from spanloom.config.settings import kinds_in
from spanloom.encoders import encoder_tables
from spanloom.tasks import find_task, task_names

TABLES = {
    "the whole file": list(tables_of(RunConfig)),
    **{f"the encoder {kind}": list(tables_of(each, "model.encoder", kind)) for kind, each in encoder_tables().items()},
    **{name: list(tables_of(find_task(name).config, "model")) for name in task_names()},
}


@pytest.mark.parametrize("name", TABLES)
def test_every_setting_says_what_it_means_in_one_line(name: str) -> None:
    for table in TABLES[name]:
        assert table.meaning
        assert "\n" not in table.meaning, "the settings stand below it, not in it"
        for each in table.settings:
            assert 5 < len(each.meaning) < 240, (table.name, each)
            assert each.meaning == " ".join(each.meaning.split())
            assert not each.meaning.endswith("."), (table.name, each)
            assert "|" not in each.meaning + each.may_be, "it would end a cell of docs/settings.md"


@dataclass(frozen=True)
class Inner:
    """Inside."""

    width: Annotated[int, Range(1, 64)] = setting(8, "how wide")


@dataclass(frozen=True)
class Outer:
    """Outside."""

    name: str = dataclasses.field(metadata={"meaning": "has to be given"})
    part: FractionBelowOne = setting(0.5, "how much")
    path: Path | None = setting(None, "where")
    kinds: tuple[Literal["a", "b"], ...] = setting(("a",), "which")
    inner: Inner = setting(Inner(), "what is inside")
    rest: Any = None


def test_a_table_is_followed_by_those_inside_it() -> None:
    assert list(tables_of(Outer, "outer")) == [
        SettingsTable(
            "outer",
            "Outside.",
            (
                Setting("name", "a string", "", "has to be given"),
                Setting("part", "a part in 0..1, below 1", "0.5", "how much"),
                Setting("path", "a path, as a string", "", "where"),
                Setting("kinds", 'a list, each "a" or "b"', '["a"]', "which"),
            ),
        ),
        SettingsTable("outer.inner", "Inside.", (Setting("width", "a whole number from 1 to 64", "8", "how wide"),)),
    ]


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bool, "true or false"),
        (float, "a number"),
        (Annotated[float, Range(0, 1, above=True)], "a part in 0..1, above 0"),
        (Annotated[int, Range(0, 10**9)], "a whole number from 0"),
        (Annotated[float, Range(0, 1000)], "a number from 0 to 1,000"),
        (Annotated[int, Range(-9999, 9999)] | str | None, "a whole number from -9,999 to 9,999 or a string"),
        (tuple[Annotated[int, Range(1, 10**9)], ...], "a list, each a whole number from 1"),
    ],
)
def test_what_a_setting_may_be(hint: Any, words: str) -> None:
    assert may_be(hint) == words


def test_what_is_told_is_every_field() -> None:
    def count(table: type) -> int:
        hints = typing.get_type_hints(table, include_extras=True)
        return sum(count(hint) if dataclasses.is_dataclass(hint) else 1 + of_kinds(hint) for hint in hints.values())

    def of_kinds(hint: Any) -> int:
        """Of the tables of a choice, all but the `kind` of each."""
        return sum(count(table) - 1 for table in kinds_in(hint).values())

    for name in task_names():
        assert sum(len(table.settings) for table in TABLES[name]) == count(find_task(name).config)

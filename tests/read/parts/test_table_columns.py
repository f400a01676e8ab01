"""Which column is which: by setting, by name, by content, and not at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read.parts.table_columns import Columns, find_columns

MANY = [["yes" if n % 3 else "no", f"It has rained for {n} days."] for n in range(1, 13)]
PATH = Path("x.csv")


def columns(rows: list[list[str]], **settings: Any) -> Columns:
    return find_columns(rows, PATH, DataConfig(**settings))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["label", "text"], (0, (1,))),
        (["Sentence", "Class"], (1, (0,))),
        (["Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"], (0, (3, 4))),
        (["index", "sentence2", "sentence1", "gold_label"], (3, (2, 1))),
        (["text_a", "text_b", "label", "score"], (2, (0, 1))),
        (["hypothesis", "premise", "label"], (2, (1, 0))),
        (["id", "question1", "question2", "is_duplicate"], (3, (1, 2))),
        (["text", "label", "label_text"], (1, (0,))),
    ],
)
def test_by_name(header: list[str], expected: tuple[int, tuple[int, ...]]) -> None:
    assert columns([header, [f"A value of {name}." for name in header]]) == Columns(*expected, header=True)


@pytest.mark.parametrize(
    "header",
    [["title", "body", "label"], ["text", "sentiment", "topic"], ["label", "class", "text"], ["label", "one", "other"]],
)
def test_names_that_leave_it_open(header: list[str]) -> None:
    rows = [[f"Some words of the {name}, number {n}." for name in header] for n in range(12)]
    with pytest.raises(DataError, match=rf"x\.csv: which columns hold .*0 '{header[0]}', .* Set data\.label_column"):
        columns([header, *rows])


def test_by_content() -> None:
    assert columns(MANY) == Columns(0, (1,), header=False)
    assert columns([row[::-1] for row in MANY[:3]]) == Columns(1, (0,), header=False)
    numbered = [[f"id-{n}", *row, f"Then came day {n} of rain."] for n, row in enumerate(MANY)]
    assert columns(numbered) == Columns(1, (2, 3), header=False)


def test_content_that_leaves_it_open() -> None:
    unlike = [[f"Some words {n}.", f"Other words {n}."] for n in range(12)]
    languages = [["de" if n % 2 else "en", *row] for n, row in enumerate(MANY)]
    constant = [["train", f"A sentence, number {n}."] for n in range(12)]
    for rows in (unlike, languages, constant, [["1", "a", "x y"], ["2", "b", "z w"]]):
        with pytest.raises(DataError, match="which columns hold the label and the texts is not clear"):
            columns(rows)


def test_a_header_that_only_content_shows() -> None:
    assert columns([["Urteil", "Satz"], *([str(n % 2), row[1]] for n, row in enumerate(MANY))]).header
    with pytest.raises(
        DataError, match=r"the first row, \['Urteil', 'Satz'\], may name the columns or be an example; "
    ):
        columns([["Urteil", "Satz"], *MANY])
    assert columns([["Urteil", "Satz"], *MANY], header="yes") == Columns(0, (1,), header=True)
    assert columns([["question", "Is it late?"], ["statement", "It is late."]]) == Columns(0, (1,), header=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"text_column": "txt"},
            "x.csv: no column named 'txt'; did you mean 'text'? Set data.text_column to one",
        ),
        ({"label_column": "zzz"}, "x.csv: no column named 'zzz'; the columns are 'label', 'text', 'note', 'note'"),
        ({"text_column": "note"}, "x.csv: several columns named 'note'; a number from 0 to 3"),
        (
            {"label_column": 4},
            "x.csv: data.label_column is 4, but a row has 4 columns; a number from 0 to 3, or from -4",
        ),
        ({"label_column": -5}, "x.csv: data.label_column is -5, but a row has 4 columns"),
        ({"label_column": "label", "header": "no"}, "x.csv: data.label_column is 'label', but the table has no header"),
        (
            {"label_column": 1, "text_column": "text"},
            "x.csv: the label and the texts in columns [1, 1]; a column of its",
        ),
        ({"second_column": 2}, "x.csv: data.second_column without data.text_column; both"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        columns([["label", "text", "note", "note"], ["yes", "It rains.", "a", "b"]], **settings)

"""fastText's lines for the task that classifies, one label or several, and tables that only look like them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import read


def labelled(path: Path, text: str, **settings: str) -> list[tuple[str, tuple[str, ...] | None]]:
    path.write_text(text, encoding="utf-8")
    examples = read(path, DataConfig(**settings), Label)  # type: ignore[arg-type]
    return [(example.input.text, example.gold and example.gold.names) for example in examples]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.txt"


def test_lines_with_commas_and_without(path: Path) -> None:
    text = "__label__good The lake, the guide, all of it.\n\n  __label__bad\tNobody came; no one.\n"
    assert labelled(path, text) == [
        ("The lake, the guide, all of it.", ("good",)),
        ("Nobody came; no one.", ("bad",)),
    ]


def test_several_labels_before_the_text_and_behind_it(path: Path) -> None:
    text = "__label__b __label__a Warm soup.\nCold soup. __label__c\n__label__a All of it. __label__d __label__a\n"
    found = labelled(path, text, format="fasttext")
    assert found == [("Warm soup.", ("a", "b")), ("Cold soup.", ("c",)), ("All of it.", ("a", "d"))]


def test_a_line_without_a_label_has_no_gold(path: Path) -> None:
    lines = ["__label__a Warm."] * 20 + ["Cold."]
    assert labelled(path, "\n".join(lines))[-1] == ("Cold.", None)


def test_a_label_in_a_column_of_its_own_is_of_a_table(path: Path) -> None:
    assert labelled(path, "__label__a,Warm soup.\n__label__b,Cold soup.\n")[0] == ("Warm soup.", ("__label__a",))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("__label__a", "x.txt:2: the text is empty"),
        ("__label__ Warm.", "x.txt:2: __label__ without a label; __label__CLASS. Write the class right behind it."),
        ("__label__a Warm __label__b soup.", "x.txt:2: the label '__label__b' in the middle of the text; all labels"),
    ],
)
def test_what_is_wrong_cites_its_line(path: Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        labelled(path, f"__label__a Warm.\n{line}\n")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "sep=;;", "sep=|"])
def test_a_table_that_says_its_delimiter(path: Path, first: str) -> None:
    mark = "|" if "|" in first else ";"
    text = f'{first}\nlabel{mark}text\ngood{mark}"Warm, and\ngood"\nbad{mark}Cold, very\n'
    assert labelled(path, text) == [("Warm, and\ngood", ("good",)), ("Cold, very", ("bad",))]
    with pytest.raises(DataError, match=r"x\.txt:3: the text is empty"):
        labelled(path, f"{first}\nlabel{mark}text\ngood{mark} \n")

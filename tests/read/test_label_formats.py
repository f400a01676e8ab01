"""Formats of labelled texts, told apart by content, and the faults of a file as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import detect, formats, read

BEGINNINGS = {
    "spanloom": ['{"text": "a"}', '[{"first": "a", "second": "b", "label": 1}]', '{"texts": ["a"', '{"label": "x"}'],
    "fasttext": ["__label__a b\n", "\n  __label__a __label__b c, d; e"],
    "table": ["sep=|\na|b\n", "__label__a,b\n", "text,label\na,b\n", "a\tb", "\nx;y", '"a, b";c'],
}


def test_all_formats_are_found() -> None:
    assert {*BEGINNINGS, "classes", "parallel"} <= set(formats(Label))


@pytest.mark.parametrize(("name", "beginning"), [(name, text) for name, texts in BEGINNINGS.items() for text in texts])
def test_detect_by_content(name: str, beginning: str) -> None:
    known = formats(Label)
    assert detect(beginning, Path("x.dat"), known) == name


@pytest.mark.parametrize(
    "beginning", ["Just a sentence.", "{}", '{"title": "a, b"}', '[\n {"title": "x"}]', '{"tokens": ["a"]}']
)
def test_no_known_format(beginning: str) -> None:
    with pytest.raises(DataError, match=r"x\.dat: no known format, the .*table \(CSV or TSV"):
        detect(beginning, Path("x.dat"), formats(Label))


@pytest.mark.parametrize("format_", ["table", "spanloom", "classes", "parallel"])
def test_what_is_no_file_of_examples(tmp_path: Path, format_: str) -> None:
    config = DataConfig(format=format_)
    with pytest.raises(DataError, match="none: no such file; "):
        list(read(tmp_path / "none", config, Label))
    with pytest.raises(DataError, match="is a directory; "):
        list(read(tmp_path, config, Label))
    path = tmp_path / "x"
    path.write_text(" \n\n")
    with pytest.raises(DataError, match="x: the file is empty; at least one example"):
        list(read(path, config, Label))
    with pytest.raises(DataError, match=f"{re.escape(str(path / 'y'))}: no such file; "):
        list(read(path / "y", config, Label))


@pytest.mark.parametrize(
    ("format_", "message"),
    [
        ("classes", "x: is no set of class files; a folder of CLASS.txt"),
        ("parallel", "seq.in: no such file; a file of examples"),
    ],
)
def test_a_file_where_several_are_needed(tmp_path: Path, format_: str, message: str) -> None:
    (tmp_path / "x").write_text("a\tb\n")
    with pytest.raises(DataError, match=re.escape(message)):
        list(read(tmp_path / "x", DataConfig(format=format_), Label))

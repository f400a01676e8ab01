"""Parallel files of texts and their classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read import read


def write(folder: Path, texts: str, labels: str) -> None:
    (folder / "seq.in").write_text(texts)
    (folder / "label").write_text(labels)


def test_line_by_line(tmp_path: Path) -> None:
    write(tmp_path, "wake me at six \n\nplay a waltz\n", "alarm\n\nmusic")
    first, second = read(tmp_path, DataConfig(), Label)
    assert (first.input.text, first.gold) == ("wake me at six", Label(("alarm",)))
    assert (second.input.text, second.gold) == ("play a waltz", Label(("music",)))
    assert second.source == Source(str(tmp_path / "seq.in"), 3)
    assert list(read(tmp_path / "seq.in", DataConfig(), Label)) == [first, second]


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ("one\ntwo\n", "a\n", "seq.in:2: line 2 is there, but .*label has 1 line; as many lines in both"),
        ("one\n", "a\nb\nc\n", "label:2: line 2 is there, but .*seq.in has 1 line"),
        ("one\ntwo\n", "a\n \n", "label:2: the label is empty; the name of a class"),
        ("one\n\n", "a\nb\n", "seq.in:2: the text is empty"),
        ("one\n" + "ab " * 66_667, "a\nb\n", "seq.in:2: a text of 200,000 characters"),
        ("one\n", "a\0\n", "label:1: a NUL byte at column 2"),
    ],
)
def test_bad_files(tmp_path: Path, texts: str, labels: str, message: str) -> None:
    write(tmp_path, texts, labels)
    with pytest.raises(DataError, match=message):
        list(read(tmp_path, DataConfig(), Label))

"""Formats of tags, told apart by content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.answers.tags import Tags
from spanloom.errors import DataError
from spanloom.read import detect, formats

WORD = "\t".join(["1", "Rain", "rain", "NOUN", "_", "_", "0", "root", "_", "_"])
BEGINNINGS = {
    "columns": [
        "-DOCSTART- -X- O\n\nMara NNP B-PER\nleft VBD O\n",
        "Mara\tB-PER\nHolt\tI-PER",
        "\n\n雨 O\n。 O\n",
        "# O\n1 O\n",
        "[ O\n{ O\na O\n",
        "a O\nb O\nc O\nd O\ne\n",  # its reader says which line is short
    ],
    "conllu": [f"# text = Rain\n{WORD}\n", f"\n{WORD}", f"# newdoc\n{WORD.replace('1', '1-2', 1)}\n"],
    "spanloom": [
        '{"text": "a"}',
        '{"tokens": ["a"], "tags": ["O"]}',
        '[{"text": "a", "tokens": [{"start": 0, "end": 1}]}]',
        '{"text": "a", "entities": [{"sta',
    ],
}


def test_all_formats_are_found() -> None:
    assert {*BEGINNINGS, "parallel"} <= set(formats(Tags))


@pytest.mark.parametrize(("name", "beginning"), [(name, text) for name, texts in BEGINNINGS.items() for text in texts])
def test_detect_by_content(name: str, beginning: str) -> None:
    known = formats(Tags)
    assert detect(beginning, Path("x.dat"), known) == name


@pytest.mark.parametrize(
    "beginning",
    [
        "Just a sentence.",
        "This is prose.\nIts lines are not of one length.\nNo.\n",
        "rain\nsnow\n",
        "{}",
        '{"sentText": "a", "entityMentions": []}',
        '[\n {"title": "x"}]',
    ],
)
def test_no_known_format(beginning: str) -> None:
    with pytest.raises(DataError, match=re.escape("one of: columns (one token and its tag a line); conllu (the ten")):
        detect(beginning, Path("x.dat"), formats(Tags))

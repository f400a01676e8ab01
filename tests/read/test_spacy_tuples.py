"""spaCy 2's pairs of a text and its annotations, however they are written; spaCy reads the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.training import Example as OfSpacy

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Span
from spanloom.read import read, read_tags

TEXT = "😀 Ida left Port Narvik"
SAID = {"entities": [[2, 5, "Person"], [11, 22, "City"]]}
PAIR = [TEXT, SAID]
GOLD = Graph((Span(1, 2, "Person"), Span(3, 5, "City")))
PYTHON = """\
# our examples
import random

TRAIN_DATA: list = [
    ("😀 Ida left Port Narvik", {"entities": [(2, 5, "Person"), (11, 22, 'City')]}),
]
random.shuffle(TRAIN_DATA)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


def examples(path: Path, text: str, answer: type = Graph) -> list[Example]:
    path.write_text(text, encoding="utf-8")
    return list(read(path, DataConfig(), answer))


def cases(found: list[Example]) -> list[str]:
    return [case for one in found for _, case in one.mended if not case.startswith("no key 'relations'")]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([PAIR], ensure_ascii=False),
        json.dumps([PAIR]),
        json.dumps(PAIR) + "\n",
        json.dumps({"classes": ["Person", "City"], "annotations": [None, PAIR]}),
        PYTHON,
        f"[{tuple(PAIR)!r}]",
        repr(tuple(PAIR)),
    ],
    ids=["json", "escaped", "lines", "of a tool", "python", "bare list", "a pair"],
)
def test_pairs_are_read_however_they_are_written(text: str, path: Path) -> None:
    (one,) = examples(path, text)
    assert (one.input.text, one.gold) == (TEXT, GOLD)
    assert [one.input.surface(span) for span in one.gold.spans] == ["Ida", "Port Narvik"]


def test_spacy_finds_the_same_entities(path: Path) -> None:
    (one,) = examples(path, json.dumps([PAIR]))
    theirs = OfSpacy.from_dict(spacy.blank("en").make_doc(TEXT), SAID).reference.ents
    assert [(span.start_char, span.end_char, span.label_) for span in theirs] == [
        (*one.input.characters(span), span.label) for span in one.gold.spans
    ]


def test_lines_cite_their_own(path: Path) -> None:
    found = examples(path, f"{json.dumps(PAIR)}\n\n{json.dumps(PAIR)}\n")
    assert [one.source.line for one in found] == [1, 3]
    assert [one.source.line for one in examples(path, '"""Ours."""\n' + PYTHON)] == [6]


def test_nothing_of_a_program_is_run(path: Path) -> None:
    with pytest.raises(DataError, match=r"data:1: an example that is no plain value; strings and numbers, not code"):
        examples(path, "DATA = [('Ida', {'entities': [(0, len('Ida'), 'Person')]})]\n")


def test_what_is_passed_over_is_counted_and_without_entities_there_is_no_gold(path: Path) -> None:
    said = {**SAID, "links": {"x": 1}, "cats": {}, "heads": [1]}
    found = examples(path, json.dumps([["Rain .", {"cats": {"wet": 1.0}}], [TEXT, said]]))
    assert [one.gold for one in found] == [None, GOLD]
    assert cases(found) == ["'cats' passed over", "'links' passed over", "'heads' passed over"]


def test_entities_that_cut_tokens_are_lost_and_of_tags_the_longest_is_kept(path: Path) -> None:
    said = {"entities": [[2, 4, "Part"], [11, 22, "City"], [16, 22, "Name"]]}
    (one,) = examples(path, json.dumps([[TEXT, said]]))
    assert one.gold == Graph((Span(3, 5, "City"), Span(4, 5, "Name")))
    assert one.lost == (LostFact("entity", "Part", "Id", "inside a token"),)
    assert [tags.gold.labels for tags in read_tags(path, DataConfig())] == [("O", "O", "O", "B-City", "I-City")]


def test_classes_are_those_of_which_half_or_more_is_said(path: Path) -> None:
    pairs = [["Warm soup", {"cats": {"good": 1, "hot": True, "bad": 0.4}}], ["Rain", {"entities": []}]]
    assert [one.gold for one in examples(path, json.dumps(pairs), Label)] == [Label(("good", "hot")), None]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([PAIR, ["Ida"]], "1: an example that is ['Ida']; [text, {'entities': [[start, end, label]]}]"),
        ([PAIR, [3, {}]], "1: an example that is [3, {}]"),
        ([PAIR, [TEXT, []]], "1: an example that is ["),
        ([[TEXT, {"entities": [[2, 5]]}]], "1: an entity that is [2, 5]; [start, end, label]"),
        ([[TEXT, {"entities": [[2, 99, "x"]]}]], "1: a span from 2 to 99 in a text of 22 characters"),
        ([[TEXT, {"entities": [["2", 5, "x"]]}]], "1: an offset is '2'; an integer"),
        ([[TEXT, {"entities": [[2, 5, None]]}]], "1: the label of an entity is None"),
        ([[TEXT, {"entitys": []}]], "1: unknown key 'entitys'; did you mean 'entities'?"),
    ],
)
def test_bad_pairs(value: Any, message: str, path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(f"data:{message}")):
        examples(path, json.dumps(value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps([PAIR])[:-1], "1: the list is not closed; ']'"),
        ("A = [('Ida', {'entities': []})]\nB = [('Ida', {'entities': []})]\n", " 2 lists of examples; one. Write each"),
        ("A = [('Ida', {'entities': [})]\n", "1: no Python: "),
    ],
)
def test_bad_files(text: str, message: str, path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(f"data:{message}")):
        examples(path, text)

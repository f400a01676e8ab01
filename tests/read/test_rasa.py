"""Rasa's NLU data in YAML: intents, slots that are marked, and what is passed over; the YAML itself is PyYAML's."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from spanloom.answers.frame import Frame
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError, MissingExtra
from spanloom.read import read

DATA = """\
version: "3.1"
nlu:
- intent: book_trip
  examples: |
    - two seats to [Port Narvik](city)
    - 😀 from [Oslo]{"entity": "city", "role": "departure", "value": "Christiania"}

    - from [Bo][{"entity": "person"}]
- synonym: Oslo
  examples: |
    - Christiania
- intent: greet/polite
  examples:
  - text: |
      good morning
    metadata:
      sentiment: good
  - hello [there](place:here) # not of it
- lookup: towns
  examples: |
    - Narvik
stories:
- story: none
"""


def examples(path: Path, text: str = DATA) -> list[Example]:
    path.write_text(text, encoding="utf-8")
    return list(read(path, DataConfig(), Frame))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nlu.yml"


def slots(example: Example) -> list[tuple[str, str]]:
    frame: Frame = example.gold
    return [(word.text, tag) for word, tag in zip(example.input.tokens, frame.slots.labels, strict=True) if tag != "O"]


def test_the_words_of_slots_are_marked_and_stand_in_the_text(path: Path) -> None:
    found = examples(path)
    assert [one.input.text for one in found] == [
        "two seats to Port Narvik",
        "😀 from Oslo",
        "from Bo",
        "good morning",
        "hello there",
    ]
    assert [one.gold.intent.names for one in found] == [("book_trip",)] * 3 + [("greet/polite",)] * 2
    assert [slots(one) for one in found] == [
        [("Port", "B-city"), ("Narvik", "I-city")],
        [("Oslo", "B-city.departure")],
        [("Bo", "B-person")],
        [],
        [("there", "B-place")],
    ]
    assert [one.source.line for one in found] == [5, 6, 8, 14, 18]


def test_what_is_passed_over_is_counted_where_it_stands(path: Path) -> None:
    assert [(source.line, case) for one in examples(path) for source, case in one.mended] == [
        (6, "value of an entity passed over: Christiania"),
        (9, "synonym passed over: Oslo"),
        (18, "value of an entity passed over: here"),
        (19, "lookup passed over: towns"),
    ]


def test_marks_are_read_as_pyyaml_reads_the_text(path: Path) -> None:
    """In quotes and folded as anywhere in YAML."""
    text = 'nlu:\n- {intent: "a", examples: "- to [Oslo](city)\\n- \\u706f"}\n- intent: b\n  examples:\n  - "x: y"\n'
    found = examples(path, text)
    said = yaml.safe_load(text)["nlu"]
    assert [one.input.text for one in found] == ["to Oslo", "灯", said[1]["examples"][0]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- intent: book_trip", "- intend: book_trip", "3: an item with 'intend', 'examples'; an intent, a synonym"),
        ("    - two seats", "    two seats", "5: 'two seats to [Port Narvik](city)' among the examples; lines that"),
        ('"departure", ', '"departure" ', "6: '[{"),
        ('"entity": "city"', '"entity": 3', "6: a mark with {'entity': 3"),
        ("  - text: |", "  - txt: |", "14: an example without 'text'; - text: …"),
        ("  examples:\n  - text", "  example:\n  - text", "12: an intent without 'examples'; examples: | and a line"),
        ("stories:", "stories: [", "23: not valid YAML: "),
        ("nlu:\n", "nlu:\n- 3\n", "3: '3' under 'nlu'; - intent: NAME."),
        ("good morning", "", "14: the text is empty"),
    ],
)
def test_bad_files(old: str, new: str, message: str, path: Path) -> None:
    assert DATA.count(old) == 1
    with pytest.raises(DataError, match=re.escape(f"nlu.yml:{message}")):
        examples(path, DATA.replace(old, new))


def test_a_file_with_nothing_under_nlu_is_refused(path: Path) -> None:
    path.write_text("nlu: 3\n")
    with pytest.raises(DataError, match=r"nlu\.yml: no list under 'nlu'; intents and their examples"):
        list(read(path, DataConfig(format="rasa"), Frame))


def test_a_file_of_synonyms_alone_has_no_gold(path: Path) -> None:
    with pytest.raises(DataError, match=r"nlu\.yml: the file has no examples; at least one"):
        examples(path, "nlu:\n- synonym: Oslo\n  examples: |\n    - Christiania\n")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.abort []", "!!python/name:os.abort"])
def test_no_yaml_runs_anything(tag: str, path: Path) -> None:
    with pytest.raises(DataError):
        examples(path, f"nlu:\n- intent: {tag}\n  examples: 3\n")


def test_without_pyyaml_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtra, match=r"Reading Rasa's YAML: .*pip install 'spanloom\[formats\]'"):
        examples(path)

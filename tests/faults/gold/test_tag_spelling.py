"""Tags of spans in other spellings: read as spans and said, or said to be plain labels; BILOU."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.check.tags import check_tags
from spanloom.config import DataConfig, build
from spanloom.core import Example
from spanloom.read import read
from spanloom.text.tag_spelling import look_like_spans, respelled

SAID = "mended or passed over when read"
LOOKS = "tags look like spans, but are read as plain labels"


def tagged(tmp_path: Path, labels: str, answer: type = Tags, **settings: Any) -> Example:
    path = tmp_path / "train.conll"
    path.write_text("".join(f"w{place}\t{tag}\n" for place, tag in enumerate(labels.split())))
    (example,) = read(path, DataConfig(**settings), answer)
    return example


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B_PER I_PER O B_LOC", "B-PER I-PER O B-LOC"),
        ("B_PER I_PER o", "B-PER I-PER O"),
        ("PER-B PER-I O LOC-B", "B-PER I-PER O B-LOC"),
        ("b-per i-per o b-loc", "B-per I-per O B-loc"),
        ("b_work_of_art o", "B-work_of_art O"),
        ("B:PER I:PER O", "B-PER I-PER O"),
        ("B-COUNT o o", "B-COUNT O O"),
        ("O o B-COUNT o o o", "O O B-COUNT O O O"),
        ("I_PER I_PER O I_LOC", "B-PER I-PER O B-LOC"),  # BIO1
        ("B_PER E_PER S_LOC O", "B-PER I-PER B-LOC O"),
        ("B_PER L_PER U_LOC O", "B-PER I-PER B-LOC O"),
        ("U-PER O B-ORG L-ORG", "B-PER O B-ORG I-ORG"),
        ("O B-LOC I-LOC L-LOC", "O B-LOC I-LOC I-LOC"),
    ],
)
def test_spans_in_another_spelling(tmp_path: Path, tags: str, expected: str) -> None:
    example = tagged(tmp_path, tags)
    assert example.gold == Tags(tuple(expected.split()))
    usual = "U-PER" in tags or "L-LOC" in tags
    assert [said.startswith("tags in another spelling are read, '") for _, said in example.mended] == [True][usual:]
    assert (SAID in check_tags([example])["issues"]) is not usual
    graph = tagged(tmp_path, tags, Graph).gold
    assert len(graph.spans) == expected.count("B-")


@pytest.mark.parametrize(
    ("tags", "looks"),
    [
        ("B_PER I_PER O X", True),  # one that is no place: perhaps all are plain labels
        ("B_PER I_PER O B:LOC", True),
        ("B_PER M_PER L_PER O", True),  # of no scheme
        ("NOUN VERB", False),
        ("S_NP E_VP", False),  # nothing is outside, and nothing begins
        ("o n v", False),  # parts of speech
        ("NP-SBJ VP-PRD", False),
    ],
)
def test_what_may_be_plain_labels_stays_so_and_is_said(tmp_path: Path, tags: str, looks: bool) -> None:
    example = tagged(tmp_path, tags)
    assert example.gold == Tags(tuple(tags.split()))
    assert example.mended == ()
    assert (LOOKS in check_tags([example])["issues"]) is looks


def test_plain_labels_that_are_asked_for(tmp_path: Path) -> None:
    assert tagged(tmp_path, "B_PER I_PER o", tags="none").gold == Tags(("B_PER", "I_PER", "o"))


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("bilou", "B-X L-X U-Y"),
        ("biluo", "B-X L-X U-Y"),
        ("iobes", "B-X E-X S-Y"),
        ("iob2", "B-X I-X B-Y"),
        ("bio", "B-X I-X B-Y"),
        ("iob", "I-X I-X I-Y"),
        ("iob1", "I-X I-X I-Y"),
    ],
)
def test_other_names_of_schemes(tmp_path: Path, name: str, tags: str) -> None:
    config = build(DataConfig, {"tags": name}, "x.toml", tmp_path)
    assert tagged(tmp_path, tags, tags=config.tags).gold == Tags(("B-X", "I-X", "B-Y"))


def test_slots_and_json_are_spelled_so_too(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"tokens": ["to", "Oslo"], "tags": ["o", "b-city"], "intent": "go"}) + "\n")
    (example,) = read(path, DataConfig(), Frame)
    assert example.gold.slots == Tags(("O", "B-city"))


def test_each_tag_by_itself() -> None:
    assert respelled({"O": 5, "B-X": 1}) == {}
    assert respelled({"o": 5}) == {"o": "O"}
    assert respelled({"O": 1, "o": 5}) == {"o": "O"}
    assert respelled({}) == {}
    assert not look_like_spans({"O": 3})

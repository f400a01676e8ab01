"""DocRED's JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.core import LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read
from spanloom.text.windows import sentence_ends


def mention(sentence: int, start: int, end: int, kind: str = "PER") -> dict[str, Any]:
    return {"name": "?", "sent_id": sentence, "pos": [start, end], "type": kind}


ITEM: dict[str, Any] = {
    "title": "Mara Holt",
    "sents": [["Mara", "Holt", "left", "Lyon"], ["Holt", "met", "Olav", "Berg", "there"], ["She", "stayed", "."]],
    "vertexSet": [[mention(0, 0, 2), mention(1, 0, 1)], [mention(0, 3, 4, "LOC")], [mention(1, 2, 4)]],
    "labels": [{"h": 0, "t": 1, "r": "P551", "evidence": [0]}, {"h": 2, "t": 0, "r": "P3373", "evidence": []}],
}


def read_item(tmp_path: Path, **changes: Any) -> Any:
    path = tmp_path / "d.json"
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not None}
    path.write_text("[\n" + json.dumps(item) + "]")
    (example,) = read(path, DataConfig())
    return example


def test_a_document_is_one_example_a_sentence_a_line(tmp_path: Path) -> None:
    example = read_item(tmp_path)
    assert example.input.text == "Mara Holt left Lyon\nHolt met Olav Berg there\nShe stayed ."
    assert all(example.input.text[token.start : token.end] == token.text for token in example.input.tokens)
    assert sentence_ends(example.input) == [4, 9]
    assert example.source.line == 2


def test_every_mention_is_a_span_and_a_relation_joins_the_nearest(tmp_path: Path) -> None:
    example = read_item(tmp_path)
    mara, lyon, holt, olav = Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(4, 5, "PER"), Span(6, 8, "PER")
    assert example.gold.spans == (mara, lyon, holt, olav)
    # Lyon stands right before the second mention, nearer than behind the first.
    assert example.gold.relations == (Relation(holt, lyon, "P551"), Relation(olav, holt, "P3373"))
    assert example.ambiguous == 0


def test_of_equally_near_mentions_the_first_is_taken_and_counted(tmp_path: Path) -> None:
    sides = [["Holt", "saw", "Lyon", "as", "Holt", "wished"]]
    entities = [[mention(0, 0, 1), mention(0, 4, 5)], [mention(0, 2, 3, "LOC")]]
    example = read_item(tmp_path, sents=sides, vertexSet=entities, labels=ITEM["labels"][:1])
    assert [relation.head.start for relation in example.gold.relations] == [0]
    assert example.ambiguous == 1


def test_a_blank_token_is_none_and_takes_its_place_along(tmp_path: Path) -> None:
    sents = [["\u00a0", "Mara", " ", "Holt", "left", "Lyon"], [" "], ["End"]]
    entities = [[mention(0, 1, 4)], [mention(0, 5, 6, "LOC")], [mention(1, 0, 1, "MISC")]]
    labels = [{"h": 0, "t": 1, "r": "P551"}, {"h": 0, "t": 2, "r": "P800"}]
    example = read_item(tmp_path, sents=sents, vertexSet=entities, labels=labels)
    assert example.input.text == "Mara Holt left Lyon\nEnd"
    assert example.gold.spans == (Span(0, 2, "PER"), Span(3, 4, "LOC"))
    assert len(example.gold.relations) == 1
    assert example.lost == (
        LostFact("entity", "MISC", "", "a blank token"),
        LostFact("relation", "P800", "'Mara Holt' -> P800", "a blank token"),
    )


def test_without_labels_there_are_mentions_alone(tmp_path: Path) -> None:
    assert read_item(tmp_path, labels=None).gold.relations == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sents": [["Mara", 1]]}, "d.json:2: a token is 1; a string"),
        ({"sents": ["Mara"]}, "d.json:2: a sentence is 'Mara'; a list"),
        ({"vertexSet": [[mention(3, 0, 1)]]}, "d.json:2: a mention in sentence 3; one of the 3 sentences, from 0"),
        ({"vertexSet": [[mention(0, 3, 5)]]}, "d.json:2: a mention at [3, 5] in a sentence of 4 tokens; [start, end]"),
        ({"vertexSet": [[mention(0, 1, 1)]]}, "a mention at [1, 1] in a sentence of 4 tokens"),
        ({"vertexSet": [[mention(0, 0, 1, " ")]]}, "vertexSet.type is ' '; a label"),
        ({"labels": [{"h": 0, "t": 3, "r": "P1"}]}, "labels.t is 3; one of the 3 entities of vertexSet, from 0"),
        ({"labels": [{"h": 0, "r": "P1"}]}, "missing key labels.t; keys h, r are there"),
    ],
)
def test_bad_items(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_item(tmp_path, **changes)

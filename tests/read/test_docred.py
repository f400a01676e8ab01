"""DocRED's JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.core import LostFact
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read
from spanloom.read.parts.entities_alone import NO_LABELS
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


def by_sentence(tmp_path: Path, **changes: Any) -> list[Any]:
    path = tmp_path / "d.json"
    path.write_text(json.dumps([{key: value for key, value in {**ITEM, **changes}.items() if value is not None}]))
    return list(read(path, DataConfig(by_sentence=True)))


def test_by_sentence_a_relation_belongs_to_the_sentence_that_is_its_evidence(tmp_path: Path) -> None:
    first, second, third = by_sentence(tmp_path)
    assert [one.input.text for one in (first, second, third)] == [
        "Mara Holt left Lyon",
        "Holt met Olav Berg there",
        "She stayed .",
    ]
    mara, lyon = Span(0, 2, "PER"), Span(3, 4, "LOC")
    assert first.gold.spans == (mara, lyon)
    assert first.gold.relations == (Relation(mara, lyon, "P551"),)
    assert (first.unclear, second.gold.relations, third.gold.spans) == (frozenset(), (), ())


@pytest.mark.parametrize("evidence", [[], [0], [0, 1], [1, 2], None])
def test_by_sentence_a_relation_without_this_one_sentence_as_evidence_is_unclear(
    tmp_path: Path, evidence: list[int] | None
) -> None:
    relation = {"h": 2, "t": 0, "r": "P3373"} | ({} if evidence is None else {"evidence": evidence})
    first, second, third = by_sentence(tmp_path, labels=[relation])
    assert (first.unclear, second.unclear, third.unclear) == (frozenset(), {"P3373"}, frozenset())
    assert len(second.gold.spans) == 2
    assert not second.gold.relations


def test_by_sentence_a_document_without_labels_has_sentences_without(tmp_path: Path) -> None:
    assert [why for one in by_sentence(tmp_path, labels=None) for _, why in one.mended] == [NO_LABELS] * 3


def test_by_sentence_a_wrong_document_is_refused_as_a_whole_one_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a mention in sentence 7"):
        by_sentence(tmp_path, vertexSet=[[mention(7, 0, 1)]], labels=[])
    with pytest.raises(DataError, match="evidence"):
        by_sentence(tmp_path, labels=[{"h": 2, "t": 0, "r": "P3373", "evidence": 1}])


def test_by_sentence_is_refused_where_no_sentences_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.conll"
    path.write_text("#doc 1\n0\tMara\tB-Peop\t['N']\t[0]\n")
    with pytest.raises(ConfigError, match=r"data.by_sentence: is set, and the format of .*'conll04'.*docred"):
        list(read(path, DataConfig(by_sentence=True)))

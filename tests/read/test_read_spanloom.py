"""The toolkit's own JSON lines, as a person writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import LostFact
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

ITEM: dict[str, Any] = {
    "text": "😀 Mara Holt left Lyon.",
    "entities": [{"start": 2, "end": 11, "label": "person"}, {"start": 17, "end": 21, "label": "place", "score": 1}],
    "relations": [{"head": 0, "tail": 1, "label": "lived_in", "score": 0.5}],
}


def read_item(tmp_path: Path, **changes: Any) -> Any:
    path = tmp_path / "own.jsonl"
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not None}
    path.write_text(json.dumps(item, ensure_ascii=False), encoding="utf-8")
    (example,) = read(path, DataConfig())
    return example


def test_character_offsets_become_token_offsets(tmp_path: Path) -> None:
    example = read_item(tmp_path)
    assert [example.input.surface(span) for span in example.gold.spans] == ["Mara Holt", "Lyon"]
    assert example.gold.relations == (Relation(Span(1, 3, "person"), Span(4, 5, "place"), "lived_in"),)
    assert [span.score for span in example.gold.spans] == [None, 1.0]
    assert example.gold.relations[0].score == 0.5


def test_spaces_at_the_ends_of_an_entity_are_left_out(tmp_path: Path) -> None:
    example = read_item(tmp_path, entities=[{"start": 1, "end": 12, "label": "person"}], relations=[])
    assert example.gold.spans == (Span(1, 3, "person"),)


def test_an_entity_that_cuts_a_token_is_lost_and_its_relations_with_it(tmp_path: Path) -> None:
    example = read_item(tmp_path, entities=[{"start": 2, "end": 9, "label": "person"}, ITEM["entities"][1]])
    assert example.gold == Graph((Span(4, 5, "place"),), ())
    assert example.lost == (
        LostFact("entity", "person", "Mara Ho", "inside a token"),
        LostFact("relation", "lived_in", "Mara Ho -> lived_in -> Lyon", "inside a token"),
    )


def test_given_tokens(tmp_path: Path) -> None:
    tokens = [[2, 4], [4, 9], [9, 11], [17, 21]]
    example = read_item(tmp_path, tokens=tokens, entities=[{"start": 2, "end": 9, "label": "person"}], relations=[])
    assert [token.text for token in example.input.tokens] == ["Ma", "ra Ho", "lt", "Lyon"]
    assert example.gold.spans == (Span(0, 2, "person"),)


def test_a_text_without_gold(tmp_path: Path) -> None:
    assert read_item(tmp_path, entities=None, relations=None).gold is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "own.jsonl:1: the text is empty"),
        ({"entities": None}, "own.jsonl:1: missing key 'entities'; keys text, relations are there"),
        ({"entities": None, "relations": None, "entites": []}, "unknown key 'entites'; did you mean 'entities'?"),
        ({"entities": {}}, "own.jsonl:1: 'entities' is {}; a list"),
        ({"entities": [3]}, "own.jsonl:1: an entity is 3; an object"),
        (
            {"entities": [{"start": 2, "end": 30, "label": "x"}]},
            "an entity from 2 to 30 in a text of 22 characters; offsets",
        ),
        ({"entities": [{"start": 9, "end": 2, "label": "x"}]}, "an entity from 9 to 2; an end after the start"),
        ({"entities": [{"start": True, "end": 2, "label": "x"}]}, "entities.start is True; an integer"),
        ({"entities": [{"start": 0, "end": 2}]}, "missing key entities.label; keys start, end are there"),
        (
            {"entities": [{"start": 4, "end": 13, "label": "x", "text": "Mara Holt"}]},
            "text 'Mara Holt' at 4 to 13, where",
        ),
        (
            {"relations": [{"head": 0, "tail": 7, "label": "r"}]},
            "a relation's tail is 7; an index of one of the 2 entities",
        ),
        ({"relations": [{"head": "0", "tail": 1, "label": "r"}]}, "relations.head is '0'; an integer"),
        ({"relations": [{"head": 0, "tail": 1, "label": " "}]}, "relations.label is ' '; a label"),
        ({"relations": [{"head": 0, "tail": 1, "label": "r", "score": "high"}]}, "'score' is 'high'; a number"),
        ({"tokens": [[0, 1], [0, 2]]}, "token 1 is [0, 2]; [start, end] in order, from 1 to 22"),
        ({"tokens": [[0, 99]]}, "token 0 is [0, 99]; [start, end] in order, from 0 to 22"),
        ({"tokens": [[0]]}, "token 0 is [0]; [start, end] in order"),
        ({"tokens": []}, "'tokens' is an empty list; the tokens of the text"),
        ({"lost": [{"kind": "relation"}]}, "missing key lost.label"),
        ({"ambiguous": "2"}, "'ambiguous' is '2'; an integer"),
    ],
)
def test_bad_items(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_item(tmp_path, **changes)

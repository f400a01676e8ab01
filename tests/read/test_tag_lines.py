"""Tags in JSON lines, in each of their forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Token
from spanloom.read import read

TEXT = "Mara Holt left Lyon"
ENTITIES = [{"start": 0, "end": 9, "label": "PER"}, {"start": 15, "end": 19, "label": "LOC", "text": "Lyon"}]
GOLD = Tags(("B-PER", "I-PER", "O", "B-LOC"))
RANGES = [[0, 4], [5, 9], [10, 14], [15, 19]]


def token(number: int, label: str | None, **rest: Any) -> dict[str, Any]:
    start, end = RANGES[number]
    return {"start": start, "end": end, **({} if label is None else {"label": label}), **rest}


def read_items(tmp_path: Path, *items: Any, **settings: Any) -> list[Example]:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return list(read(path, DataConfig(**settings), Tags))


@pytest.mark.parametrize(
    "item",
    [
        {"text": TEXT, "tokens": [token(number, label, score=0.5) for number, label in enumerate(GOLD.labels)]},
        {"text": TEXT, "tokens": [token(n, label) for n, label in enumerate(GOLD.labels)], "entities": []},
        {"tokens": TEXT.split(), "tags": list(GOLD.labels)},
        {"tokens": TEXT.split(), "tags": ["B-PER", "E-PER", "O", "S-LOC"]},
        {"text": TEXT, "entities": ENTITIES},
        {"text": TEXT, "entities": [*ENTITIES[::-1], ENTITIES[0]], "tokens": RANGES},
        {"text": TEXT, "entities": ENTITIES, "tokens": [token(number, None) for number in range(4)]},
        {"text": TEXT, "entities": [{"start": 0, "end": 10, "label": "PER"}, ENTITIES[1]], "relations": []},
    ],
)
def test_every_form_says_the_same(tmp_path: Path, item: Any) -> None:
    (example,) = read_items(tmp_path, item)
    assert example.input.text == TEXT
    assert example.input.tokens[1] == Token("Holt", 5, 9)
    assert example.gold == GOLD
    assert (example.lost, example.source.line) == ((), 1)


def test_forms_may_stand_in_one_file(tmp_path: Path) -> None:
    """Entities are in no scheme, so that of the others does not touch them."""
    items = [{"tokens": ["Lyon", "y"], "tags": ["S-LOC", "O"]}, {"text": TEXT, "entities": ENTITIES}, {"text": "a b"}]
    first, second, third = read_items(tmp_path, *items)
    assert first.gold == Tags(("B-LOC", "O"))
    assert second.gold == GOLD
    assert third.gold is None


def test_plain_labels(tmp_path: Path) -> None:
    (example,) = read_items(tmp_path, {"tokens": ["我", "住", "here"], "tags": ["PRON", "VERB", "ADV"]})
    assert example.gold == Tags(("PRON", "VERB", "ADV"))
    assert example.input.text == "我住here"


def test_tokens_as_the_line_gives_them(tmp_path: Path) -> None:
    (example,) = read_items(tmp_path, {"text": "co-op", "tokens": [{"start": 0, "end": 2}, {"start": 3, "end": 5}]})
    assert [word.text for word in example.input.tokens] == ["co", "op"]
    assert example.gold is None


def test_entities_that_tags_cannot_say_are_lost_and_said(tmp_path: Path) -> None:
    entities = [
        {"start": 5, "end": 9, "label": "NAME"},
        ENTITIES[0],
        {"start": 16, "end": 19, "label": "LOC"},
        {"start": 0, "end": 9, "label": "ORG"},
    ]
    before = {"kind": "entity", "label": "X", "text": "y", "cause": "not located"}
    (example,) = read_items(tmp_path, {"text": TEXT, "entities": entities, "lost": [before]})
    assert example.gold == Tags(("B-PER", "I-PER", "O", "O"))
    assert example.lost == (
        LostFact("entity", "X", "y", "not located"),
        LostFact("entity", "LOC", "yon", "inside a token"),
        LostFact("entity", "NAME", "Holt", "overlaps another entity"),
        LostFact("entity", "ORG", "Mara Holt", "overlaps another entity"),
    )


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"tokens": ["a", "b"], "tags": ["O"]}, "2 tokens, but 1 tag; one tag a token."),
        ({"tokens": ["a", "b"], "tags": ["O", "I-X"]}, "tag 'I-X' follows 'O' (token 1, 'b'); BIO2 expects"),
        ({"tokens": ["a", "b"], "ner_tags": ["O", "O"]}, "unknown key 'ner_tags'; did you mean 'tags'?"),
        ({"tokens": ["a", "b"], "tags": [0, 1]}, "a tag is 0; a string"),
        ({"tokens": ["a", ""], "tags": ["O", "O"]}, "token 1 is ''; a token that is not blank. Remove it, or set data"),
        ({"tokens": ["a", "b"], "tags": ["O", " "]}, "the tag is ' ' (token 1, 'b'); a tag for each token"),
        ({"tokens": [], "tags": []}, "'tokens' is an empty list; the tokens of a sentence"),
        ({"text": "  ", "entities": []}, "the text is empty"),
        ({"text": TEXT, "tokens": [token(0, "O"), token(1, None)]}, "missing key tokens.label; keys start, end are"),
        ({"text": TEXT, "tokens": [token(1, "O", text="Mara")]}, "token 0 with the text 'Mara', where 'Holt' stands"),
        ({"text": TEXT, "tokens": [token(1, "O"), token(0, "O")]}, "token 1 is [0, 4]; [start, end] in order, from 9"),
        ({"text": TEXT, "tokens": [token(0, "O"), [5, 9]]}, "a token is [5, 9]; an object"),
        ({"text": TEXT, "entities": [{"start": 0, "end": 99, "label": "X"}]}, "an entity from 0 to 99 in a text of 19"),
        ({"text": TEXT, "entitis": []}, "unknown key 'entitis'; did you mean 'entities'?"),
    ],
)  # fmt: skip
def test_bad_lines(tmp_path: Path, item: Any, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"train.jsonl:2: {message}")):
        read_items(tmp_path, {"tokens": ["a", "b"], "tags": ["B-X", "I-X"]}, item)

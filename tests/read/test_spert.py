"""SpERT's JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

ITEM: dict[str, Any] = {
    "tokens": ["Mara", "Holt", "left", "Lyon", "."],
    "entities": [{"type": "Peop", "start": 0, "end": 2}, {"type": "Loc", "start": 3, "end": 4}],
    "relations": [{"type": "Live_In", "head": 0, "tail": 1}],
    "orig_id": 5,
}


def read_item(tmp_path: Path, **changes: Any) -> Any:
    path = tmp_path / "s.json"
    path.write_text(
        "[\n" + json.dumps({key: value for key, value in {**ITEM, **changes}.items() if value is not None}) + "]"
    )
    (example,) = read(path, DataConfig())
    return example


def test_tokens_entities_relations(tmp_path: Path) -> None:
    example = read_item(tmp_path)
    assert example.input.text == "Mara Holt left Lyon ."
    assert example.input.surface(example.gold.spans[0]) == "Mara Holt"
    assert example.gold.spans == (Span(0, 2, "Peop"), Span(3, 4, "Loc"))
    assert example.gold.relations == (Relation(*example.gold.spans, "Live_In"),)
    assert example.source.line == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": []}, "s.json:2: the text is empty"),
        ({"tokens": ["Mara", ""]}, "s.json:2: token 1 is ''; a token that is not blank"),
        ({"tokens": ["Mara", 1]}, "s.json:2: a token is 1; a string"),
        (
            {"entities": [{"type": "X", "start": 3, "end": 6}]},
            "an entity from 3 to 6 in a text of 5 tokens; offsets inside",
        ),
        ({"entities": [{"type": "X", "start": -1, "end": 2}]}, "an entity from -1 to 2 in a text of 5 tokens"),
        ({"entities": [{"type": "X", "start": 3, "end": 3}]}, "an entity from 3 to 3; an end after the start"),
        ({"entities": [{"type": "X", "start": 0.0, "end": 3}]}, "entities.start is 0.0; an integer"),
        ({"entities": [{"type": "", "start": 0, "end": 3}]}, "entities.type is ''; a label"),
        (
            {"relations": [{"type": "R", "head": 0, "tail": 2}]},
            "a relation's tail is 2; an index of one of the 2 entities",
        ),
        ({"relations": [{"type": "R", "head": -1, "tail": 1}]}, "a relation's head is -1; an index of one of the 2"),
        ({"entities": []}, "a relation's head is 0; an entity, but there is none"),
    ],
)
def test_bad_items(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_item(tmp_path, **changes)

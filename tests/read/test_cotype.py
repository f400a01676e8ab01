"""CoType's JSON lines."""

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
    "sentText": "Mara Holt left Tromso for Lyon .\r\n",
    "articleId": "x",
    "relationMentions": [
        {"em1Text": "Mara Holt", "em2Text": "Lyon", "label": "lives_in"},
        {"em1Text": "Mara Holt", "em2Text": "Tromso", "label": "None"},
    ],
    "entityMentions": [
        {"start": 0, "text": "Mara Holt", "label": "PERSON"},
        {"start": 1, "text": "Tromso", "label": "LOCATION"},
        {"start": 2, "text": "Lyon", "label": "LOCATION"},
    ],
}


def read_item(tmp_path: Path, **changes: Any) -> Any:
    path = tmp_path / "news.json"
    path.write_text(json.dumps({key: value for key, value in {**ITEM, **changes}.items() if value is not None}))
    (example,) = read(path, DataConfig())
    return example


def test_typed_mentions(tmp_path: Path) -> None:
    example = read_item(tmp_path)
    person, before, after = Span(0, 2, "PERSON"), Span(3, 4, "LOCATION"), Span(5, 6, "LOCATION")
    assert example.gold.spans == (person, before, after)
    assert example.gold.relations == (Relation(person, after, "lives_in"),)
    assert example.by_text
    assert example.input.text == ITEM["sentText"]


def test_without_mentions(tmp_path: Path) -> None:
    assert read_item(tmp_path, entityMentions=None).gold.spans == (Span(0, 2, "Entity"), Span(5, 6, "Entity"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"relationMentions": None}, "news.json:1: missing key 'relationMentions'; "),
        ({"relationMentions": [{"em1Text": "a", "label": "r"}]}, "missing key relationMentions.em2Text; did you mean"),
        ({"relationMentions": ["a"]}, "news.json:1: a relation mention is 'a'; an object"),
        ({"entityMentions": [{"text": "Lyon", "label": 3}]}, "news.json:1: entityMentions.label is 3; a string"),
        (
            {"entityMentions": [{"text": "", "label": "X"}]},
            "an entity mention with text '' and label 'X'; both filled in",
        ),
        ({"sentText": ""}, "news.json:1: the text is empty"),
    ],
)
def test_bad_items(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read_item(tmp_path, **changes)

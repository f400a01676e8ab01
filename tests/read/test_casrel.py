"""CasRel's JSON: what is read, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read import read

ITEMS = [
    {"text": "Mara Holt was born in Tromso , Norway .", "triple_list": [["Mara Holt", "born_in", "Tromso"]]},
    {"text": "陈莉住在Lyon。", "triple_list": [["陈莉", "住在", "Lyon"], ["陈莉", "住在", "Lyon"]]},
    {"text": "Nothing here .", "triple_list": []},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.json"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (json.dumps(ITEMS, indent=1, ensure_ascii=False), [2, 12, 27]),
        ("\n".join(json.dumps(item) for item in ITEMS), [1, 2, 3]),
        ("\ufeff" + "\r\n".join(json.dumps(item, ensure_ascii=False) for item in ITEMS) + "\r\n", [1, 2, 3]),
        ("\r".join(json.dumps(item, ensure_ascii=False) for item in ITEMS), [1, 2, 3]),
    ],
)
def test_list_and_lines(path: Path, content: str, lines: list[int]) -> None:
    path.write_bytes(content.encode())
    first, second, third = read(path, DataConfig())
    assert [example.source for example in (first, second, third)] == [Source(str(path), line) for line in lines]
    assert first.gold.relations == (Relation(Span(0, 2, "Entity"), Span(5, 6, "Entity"), "born_in"),)
    assert first.by_text
    assert second.gold.spans == (Span(0, 2, "Entity"), Span(4, 5, "Entity"))
    assert len(second.gold.relations) == 1
    assert third.gold.spans == third.gold.relations == ()


def test_another_encoding(path: Path) -> None:
    path.write_bytes(json.dumps(ITEMS, ensure_ascii=False).encode("gb18030"))
    assert [example.input.text for example in read(path, DataConfig(encoding="gb18030"))][1] == "陈莉住在Lyon。"
    with pytest.raises(DataError, match=r"facts\.json:1: byte 0xb3 at offset \d+ is not utf-8 text; .*data\.encoding"):
        list(read(path, DataConfig()))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ('{"text": 7, "triple_list": []}', "facts.json:2: 'text' is 7; a string"),
        ('{"triple_list": []}', "facts.json:2: missing key 'text'; keys triple_list are there"),
        ('{"text": "a", "triples": []}', "facts.json:2: missing key 'triple_list'; did you mean this by 'triples'?"),
        ('{"text": "a", "triple_list": {}}', "facts.json:2: 'triple_list' is {}; a list"),
        ('{"text": "a", "triple_list": ["a"]}', "facts.json:2: a triple is 'a'; a list"),
        (
            '{"text": "a", "triple_list": [["a", "r"]]}',
            "facts.json:2: a triple of 2 parts, ['a', 'r']; [head, relation",
        ),
        ('{"text": "a", "triple_list": [["a", "r", 3]]}', "facts.json:2: a part of a triple is 3; a string"),
        ('{"text": "a", "triple_list": [["a", "r", ""]]}', "facts.json:2: the tail of ['a', 'r', ''] is empty"),
        ('{"text": " ", "triple_list": []}', "facts.json:2: the text is empty; a sentence"),
        ('{"text": "a\\u0000", "triple_list": []}', "facts.json:2: a NUL character at offset 1 of the text"),
        ('{"text": "a\\ud800", "triple_list": []}', "facts.json:2: half a character, \\ud800, in a string; both"),
        (
            '{"text": "a", "triple_list": [["a", "\\uDFFF", "a"]]}',
            "facts.json:2: half a character, \\udfff, in a string",
        ),
        ('{"text": "a", "triple_list": [', "facts.json:2: not valid JSON: Expecting value at column 31"),
    ],
)
def test_bad_items(path: Path, item: str, message: str) -> None:
    path.write_text(json.dumps(ITEMS[0]) + "\n" + item)
    with pytest.raises(DataError, match=re.escape(message)):
        list(read(path, DataConfig()))


def test_a_text_that_is_too_long(path: Path) -> None:
    path.write_text(json.dumps({"text": "ab " * 66_667, "triple_list": []}))
    message = r"facts\.json:1: a text of 200,001 characters; at most 100,000\. .*data\.max_characters"
    with pytest.raises(DataError, match=message):
        list(read(path, DataConfig()))
    assert len(list(read(path, DataConfig(max_characters=300_000)))) == 1

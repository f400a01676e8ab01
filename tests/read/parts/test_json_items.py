"""JSON lists and JSON lines to objects with line numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read.parts.json_items import field, first_keys, json_items


def items(path: Path, content: str) -> list[tuple[int, object]]:
    path.write_text(content, encoding="utf-8", newline="")
    return [(source.line, item) for source, item in json_items(path, DataConfig())]


def test_list_items_know_their_line(tmp_path: Path) -> None:
    content = '\n[ {"a": 1},\r\n\r\n {"a":\n [2,\n3]}\n, {"a": "x\u2028y"}]\n'
    expected = [(2, {"a": 1}), (4, {"a": [2, 3]}), (7, {"a": "x\u2028y"})]
    assert items(tmp_path / "a.json", content) == expected


def test_lines_know_their_line(tmp_path: Path) -> None:
    content = '{"a": 1}\r\n\r\n  {"a": "x\u2028y"} \r{"a": 3}'
    assert items(tmp_path / "a.json", content) == [(1, {"a": 1}), (3, {"a": "x\u2028y"}), (4, {"a": 3})]


def test_lines_are_streamed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}\n' * 3 + "broken")
    stream = json_items(tmp_path / "a.json", DataConfig())
    assert [next(stream)[1]["a"] for _ in range(3)] == [1, 1, 1]


def test_empty_list(tmp_path: Path) -> None:
    assert items(tmp_path / "a.json", " [ \n] ") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": }', "a.json:2: not valid JSON: Expecting value at column 7, near"),
        ('{"a": 1}\n{"a": 2} {"a": 3}', """a.json:2: more after the object: '{"a": 3}'; one JSON object a line"""),
        ('{"a": 1}\n[1, 2]', "a.json:2: the line is [1, 2]; an object"),
        ('[{"a": 1},\n{"a": \n}]', "a.json:3: not valid JSON: Expecting value at column 1"),
        ('[{"a": 1},\n]', "a.json:2: not valid JSON: Expecting value at column 1, near ']'"),
        ('[{"a": 1}\n{"a": 1}]', "a.json:2: '{\"a\": 1}]' after an item; ',' or ']'"),
        ('[{"a": 1}\n', "a.json:2: the list is not closed; ',' or ']'"),
        ('[{"a": 1},\n7]', "a.json:2: the item is 7; an object"),
        ('[{"a": 1}]\nmore', "more after the list: 'more'; one JSON list"),
        ('{"a": ' + "[" * 100_000, "a.json:1: JSON nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "a.json:1: an integer of thousands of digits; a number of 64 bits"),
    ],
)
def test_broken_json(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        items(tmp_path / "a.json", content)


def test_first_keys_of_whole_and_of_broken_objects() -> None:
    assert first_keys(' [\n{"text": "a", "b": {"c": 1}}, {"d": 1}]') == {"text", "b"}
    assert first_keys('{"text": "a", "b') == {"text"}
    assert first_keys("#doc 1") == first_keys("[1, 2]") == frozenset()


def test_fields() -> None:
    item = {"txet": "a", "n": True, "x": 1}
    with pytest.raises(DataError, match=r"f:1: missing key 'text'; did you mean this by 'txet'\?; keys txet, n, x are"):
        field(item, "text", str, "f:1")
    with pytest.raises(DataError, match="f:1: 'n' is True; an integer"):
        field(item, "n", int, "f:1")
    with pytest.raises(DataError, match=r"f:1: entities\.x is 1; a string"):
        field(item, "x", str, "f:1", "entities")
    assert isinstance(field(item, "x", float, "f:1"), float)

"""Dialogues in JSON lines and in columns, and what is said of those that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spanloom.answers.rewrite import Rewrite, rewrite_to_dict
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import texts_of
from spanloom.read import read
from spanloom.write.dialogue_lines import dialogue_line


def examples(folder: Path, content: str, **settings: str) -> list[Example]:
    file = folder / "data"
    file.write_text(content, encoding="utf-8")
    return list(read(file, DataConfig(**settings), Rewrite))  # type: ignore[arg-type]


def turns(example: Example) -> list[str]:
    return [text.text for text in texts_of(example.input)]


@pytest.mark.parametrize("apart", ["\t", "\t\t"])
def test_columns_apart_by_one_or_two_tabs(tmp_path: Path, apart: str) -> None:
    lines = [["你 会钓鱼吗", "会", "教教我", "教教我钓鱼"], ["买灯", "多大", "大的", "买大的灯"]]
    found = examples(tmp_path, "".join(apart.join(line) + "\n" for line in lines))
    assert [[*turns(example), example.gold.text] for example in found] == lines  # type: ignore[union-attr]
    assert [example.source.line for example in found] == [1, 2]
    assert [token.text for token in found[0].input.turns[0].tokens] == list("你会钓鱼吗")


def test_three_columns_have_no_gold_and_single_tabs_allow_an_empty_turn(tmp_path: Path) -> None:
    found = examples(tmp_path, "a\t\tb\n\nc\td\te\tf\n")
    assert [(turns(example), example.gold) for example in found] == [
        (["a", "", "b"], None),
        (["c", "d", "e"], Rewrite("f")),
    ]
    assert found[1].source.line == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n", r"data:1: 2 columns; 3 \(.*JSON lines, {\"turns\": .*}"),
        ("a\tb\tc\td\na\tb\tc\td\te\n", "data:2: 5 columns; 3 "),
        ("a\tb\tc\td\nabc\n", "data:2: 1 column; 3 "),
        ("a\t\tb\t\tc\t\td\na\t\tb\tc\t\td\t\te\n", "data:2: a single TAB; two between columns"),
        ("a\tb\t \td\n", "data:1: the last turn is empty"),
        ("a\tb\tc\t\n", "data:1: the rewrite is empty"),
    ],
)
def test_lines_that_cannot_be_read_are_cited(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        examples(tmp_path, content)


def test_json_lines_have_any_number_of_turns(tmp_path: Path) -> None:
    lines = [
        {"turns": ["Do you sell kites?", "", "How much are they?"], "rewrite": "How much are kites?"},
        {"turns": ["Alone"]},
    ]
    found = examples(tmp_path, "".join(json.dumps(line) + "\n" for line in lines))
    assert list(map(dialogue_line, found)) == lines
    assert found[1].gold is None
    assert rewrite_to_dict(found[0].input, Rewrite("So", 0.5)) == {
        "turns": lines[0]["turns"],
        "rewrite": "So",
        "score": 0.5,
    }
    assert "score" not in rewrite_to_dict(found[0].input, Rewrite("So"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"turns": []}', "data:1: a dialogue without a turn"),
        ('{"turns": ["a", " "]}', "data:1: the last turn is empty"),
        ('{"turns": ["a"], "rewrite": ""}', "data:1: the rewrite is empty"),
        ('{"turns": ["a", 7]}', "data:1: one of 'turns' is 7; a string"),
        ('{"turns": "a"}', "data:1: 'turns' is 'a'; a list"),
        ('{"turns": ["a"], "rewrites": "b"}', "data:1: unknown key 'rewrites'; did you mean 'rewrite'"),
        ('{"rewrite": "b"}', "data:1: missing key 'turns'"),
    ],
)
def test_objects_that_cannot_be_read_are_cited(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        examples(tmp_path, line + "\n")


def test_a_turn_of_context_that_is_too_long_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text('{"turns": ["123456789", "a"]}\n', encoding="utf-8")
    with pytest.raises(DataError, match=re.escape("data:1: a text of 9 characters; at most 8")):
        list(read(file, DataConfig(max_characters=8), Rewrite))

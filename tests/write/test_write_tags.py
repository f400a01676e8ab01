"""Writing tags and reading them back: nothing is lost on the way."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from spanloom.answers.tags import Tags, tags_to_dict
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.read import read
from spanloom.text.words import tokenize
from spanloom.write.columns import write_columns
from spanloom.write.lines import write_lines
from spanloom.write.tag_lines import tag_line

SENTENCE = "Mara Holt 's 😀 team left  里昂 ."
TEXT = Text(SENTENCE, tokenize(SENTENCE))
LABELS = ("B-per", "I-per", "O", "O", "O", "O", "B-loc", "I-loc", "O")
EXAMPLE = Example(TEXT, Tags(LABELS), Source("a", 7))


def test_what_a_user_sees() -> None:
    scores = (0.9, 0.5, 1.0, 1.0, 1.0, 1.0, 0.7, 0.8, 1.0)
    item = tags_to_dict(TEXT, Tags(LABELS, scores))
    assert json.loads(json.dumps(item)) == item
    assert (item["text"], len(item["tokens"])) == (SENTENCE, 9)
    assert item["tokens"][1] == {"start": 5, "end": 9, "text": "Holt", "label": "I-per", "score": 0.5}
    assert item["entities"] == [
        {"start": 0, "end": 9, "label": "per", "text": "Mara Holt", "score": 0.5},
        {"start": 26, "end": 28, "label": "loc", "text": "里昂", "score": 0.7},
    ]
    assert "score" not in tags_to_dict(TEXT, Tags(LABELS))["tokens"][0]
    assert "entities" not in tags_to_dict(TEXT, Tags(("NOUN",) * 9))


@pytest.mark.parametrize(
    "example",
    [
        EXAMPLE,
        replace(EXAMPLE, gold=None),
        replace(EXAMPLE, gold=Tags(("NOUN", "VERB") * 4 + ("PUNCT",))),
        replace(EXAMPLE, gold=Tags(("O",) * 9), lost=(LostFact("entity", "x", "am", "inside a token"),)),
        Example(Text("co-op", (Token("co", 0, 2), Token("op", 3, 5))), Tags(("B-x", "I-x"))),
    ],
)
def test_a_line_read_back_is_an_equal_example(tmp_path: Path, example: Example) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, [tag_line(example)])
    (found,) = read(path, DataConfig(), Tags)
    assert replace(found, source=example.source) == example
    assert "score" not in path.read_text()


def test_columns_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    short = Example(Text("#", (Token("#", 0, 1),)), Tags(("B-per",)))
    assert write_columns(path, [EXAMPLE, short]) == 2
    found = list(read(path, DataConfig(), Tags))
    assert [example.gold for example in found] == [EXAMPLE.gold, short.gold]
    assert [word.text for word in found[0].input.tokens] == [word.text for word in TEXT.tokens]


def test_columns_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    text = Text("Mara Holt sang", tuple(tokenize("Mara Holt sang")))
    write_columns(path, [Example(text, Tags(("B-per", "I-per", "O")))])
    assert path.read_text() == "Mara\tB-per\nHolt\tI-per\nsang\tO\n\n"
    write_columns(path, [Example(text, Tags(("PROPN", "PROPN", "VERB")))])
    assert path.read_text() == "Mara\tPROPN\nHolt\tPROPN\nsang\tVERB\n\n"


@pytest.mark.parametrize(
    ("word", "label", "found"),
    [
        (" New York", "O", "' New York' in a column"),
        ("a", "B-big\tplace", "'B-big\\tplace' in a column"),
        ("a\tb", "O", "'a\\tb' in a column"),
        ("-DOCSTART-", "O", "'-DOCSTART-' in a column; no -DOCSTART-, tab, line break"),
    ],
)
def test_what_columns_cannot_hold(tmp_path: Path, word: str, label: str, found: str) -> None:
    path = tmp_path / "a.conll"
    example = Example(Text(word, (Token(word, 0, len(word)),)), Tags((label,)), Source("a", 7))
    with pytest.raises(DataError, match=re.escape(f"a:7: {found}")):
        write_columns(path, [EXAMPLE, example])
    with pytest.raises(DataError, match="a:7: a sentence without tags; one tag a token"):
        write_columns(path, [replace(EXAMPLE, gold=None)])
    assert not path.exists()

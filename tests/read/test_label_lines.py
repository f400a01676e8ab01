"""The toolkit's own JSON lines of labelled texts: what is read, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.read import read
from spanloom.text.words import tokenize


def labelled(path: Path, *lines: str) -> list[Example]:
    path.write_text("\n".join(lines))
    return list(read(path, DataConfig(), Label))


def text(characters: str) -> Text:
    return Text(characters, tokenize(characters))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.jsonl"


def test_one_text_one_label(path: Path) -> None:
    examples = labelled(
        path, '{"text": "It\'s late.", "label": " late "}', '{"text": "a", "label": 3}', '{"text": "b"}'
    )
    assert examples == [
        Example(text("It's late."), Label(("late",)), Source(str(path), 1)),
        Example(text("a"), Label(("3",)), Source(str(path), 2)),
        Example(text("b"), None, Source(str(path), 3)),
    ]
    assert [token.text for token in examples[0].input.tokens] == ["It", "'s", "late", "."]
    assert [e.gold.names[0] for e in labelled(path, '[{"text": "a", "label": true}, {"text": "b", "label": 0}]')] == [
        "true",
        "0",
    ]


def test_pairs(path: Path) -> None:
    pair = TextPair(text("He left."), text("He is gone."))
    item = {"first": "He left.", "second": "He is gone.", "label": "same"}
    assert labelled(path, json.dumps(item))[0].input == pair
    item = {"texts": ["He left.", "He is gone."], "label": "same"}
    assert labelled(path, json.dumps(item))[0].input == pair
    assert labelled(path, '{"texts": ["He left."]}')[0].input == pair.first


def test_labels_that_stand_together_are_sorted_with_their_scores(path: Path) -> None:
    lines = (
        '{"text": "a", "labels": ["warm", "funny"]}',
        '{"text": "b", "labels": []}',
        '{"text": "c", "labels": [{"label": "warm", "score": 0.75}, {"label": "funny", "score": 1}]}',
        '{"text": "d", "labels": [{"label": "warm", "score": null}]}',
    )
    found = [(example.gold.names, example.gold.scores) for example in labelled(path, *lines)]
    assert found == [(("funny", "warm"), None), ((), None), (("funny", "warm"), (1.0, 0.75)), (("warm",), None)]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ('{"text": 7, "label": "x"}', "'text' is 7; a string"),
        ('{"label": "x"}', "missing key 'text'; keys label are there"),
        ('{"text": " ", "label": "x"}', "the text is empty; a sentence"),
        ('{"text": "a\\u0000", "label": "x"}', "a NUL character at offset 1 of the text"),
        ('{"text": "a\\ud800", "label": "x"}', "half a character, \\ud800, in a string; both"),
        ('{"text": "a", "label": ""}', "'label' is empty; the name of a class"),
        ('{"text": "a", "label": null}', "'label' is None; a string, an integer, true or false"),
        ('{"text": "a", "label": 0.5}', "'label' is 0.5; a string, an integer, true or false"),
        ('{"text": "a", "label": ["x"]}', "'label' is ['x']; a string, an integer, true or false"),
        ('{"text": "a", "lable": "x"}', "unknown key 'lable'; did you mean 'label'?"),
        ('{"text": "a", "label": "x", "labels": []}', "both 'label' and 'labels'; one of them"),
        ('{"text": "a", "second": "b", "label": "x"}', "'text', 'second' together; 'text' alone, 'texts' alone, or"),
        ('{"first": "a", "label": "x"}', "missing key 'second'; keys first, label are there"),
        ('{"second": "a", "label": "x"}', "missing key 'first'; keys second, label are there"),
        ('{"first": "a", "second": ["b"], "label": "x"}', "'second' is ['b']; a string"),
        (
            '{"first": "a", "second": "b", "third": "c"}',
            "3 texts together; one text or a pair: a pair model reads a first and a second text, marked by token types",
        ),
        ('{"texts": ["a", "b", "c", "d"], "label": "x"}', "4 texts together; one text or a pair"),
        ('{"texts": [], "label": "x"}', "0 texts together; one text or a pair"),
        ('{"texts": ["a", 2], "label": "x"}', "one of 'texts' is 2; a string"),
        (
            '{"first": "a", "second": "b", "label": "x"}',
            "a pair of texts, but line 1 has one text; examples of one kind",
        ),
        ('{"text": "a", "labels": ["x"]}', "'labels', but line 1 has 'label'; examples of one kind in a file"),
        ('{"text": "a", "label": "x"', "not valid JSON: Expecting ',' delimiter at column 27"),
    ],
)
def test_bad_items(path: Path, item: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"x.jsonl:2: {message}")):
        labelled(path, '{"text": "Fine.", "label": "x"}', item)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ('"x"', "'labels' is 'x'; a list"),
        ('["x", " x"]', "the label 'x' is given twice; each label once"),
        ('["x", ""]', "one of 'labels' is empty"),
        ('[{"name": "x"}]', "missing key labels.label; keys name are there"),
        ('[{"label": "x", "score": "high"}]', "'score' is 'high'; a number"),
        ('[{"label": "x", "score": 0.5}, "y"]', "a score for 1 of 2 labels; a score for each, or for none"),
    ],
)
def test_bad_labels(path: Path, labels: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"x.jsonl:1: {message}")):
        labelled(path, f'{{"text": "a", "labels": {labels}}}')


def test_a_text_that_is_too_long(path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.jsonl:1: a text of 200,001 characters; at most 100,000"):
        labelled(path, json.dumps({"text": "ab " * 66_667, "label": "x"}))

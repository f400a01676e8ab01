"""The check of tags, on a few sentences counted by hand."""

from __future__ import annotations

import json

import pytest

from spanloom.answers.tags import Tags
from spanloom.check.tags import LONG, check_tags, require_tag_spelling
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.text.words import tokenize


def example(line: int, text: str, labels: str | None, path: str = "g.conll", **rest: object) -> Example:
    gold = None if labels is None else Tags(tuple(labels.split()))
    return Example(Text(text, tokenize(text)), gold, Source(path, line), **rest)  # type: ignore[arg-type]


TRAIN = [
    example(1, "Mara left Lyon", "B-PER O B-LOC"),
    example(5, "Mara left Lyon", "B-PER O B-LOC"),
    example(9, "Mara left Lyon", "O O B-ORG"),
    example(13, "Rain", "O"),
    example(15, "New York sleeps", "B-LOC I-LOC O", mended=((Source("g.conll", 16), "tag 'I-LOC' follows 'O'"),)),
    example(19, "No gold here", None),
    example(23, "Oslo rains", "B-loc O", lost=(LostFact("entity", "PER", "Os", "inside a token"),)),
    example(26, "a " * (LONG + 1), "O " * (LONG + 1)),
]


def test_counts() -> None:
    found = check_tags(TRAIN)
    assert json.loads(json.dumps(found)) == found
    assert found["answers"] == "tags"
    gold = found["gold"]
    assert gold["sizes"] == {
        "sentences": 8,
        "tokens": 3 * 3 + 1 + 3 + 3 + 2 + LONG + 1,
        "different words": 13,
        "entities": 8,
        "labels": 4,
        "without gold": 1,
    }
    assert gold["lengths"]["tokens"]["median"] == 3
    assert gold["lengths"]["characters"]["longest"] == 2 * (LONG + 1)
    assert gold["labels"] == {"entities": {"PER": 3, "LOC": 3, "ORG": 1, "loc": 1}}


def test_issues_cite_their_lines() -> None:
    issues = check_tags(TRAIN)["issues"]
    assert {name: issue["first"] for name, issue in issues.items()} == {
        "duplicate examples": ["g.conll:5: the input of g.conll:1 again"],
        "contradictory examples": ["g.conll:9: the input of g.conll:1 again"],
        "text of one token": ["g.conll:13: Rain"],
        "illegal transition, mended": ["g.conll:16: tag 'I-LOC' follows 'O'"],
        "no gold": ["g.conll:19: No gold here"],
        "entity inside a token": ["g.conll:23: Os"],
        "labels that differ only by case": ["g.conll:23: entity label 'loc', but 'LOC' at g.conll:1"],
        f"text of more than {LONG} tokens": [f"g.conll:26: {LONG + 1} tokens: {'a ' * 30}…"],
    }


def test_dev_beside_train() -> None:
    dev = [
        example(1, "MARA left Lyon", "B-PER O B-LOC", "d.conll"),
        example(5, "Mara left Lyon", "B-PER O O", "d.conll"),
        example(9, "Mara met Mara in Bergen , Bergen", "B-PER O B-PER O B-GPE O B-GPE", "d.conll"),
    ]
    found = check_tags(TRAIN[:1], dev)
    assert found["gold"]["sizes"]["dev sentences"] == 3
    assert found["gold"]["labels"]["entities in dev"] == {"PER": 4, "GPE": 2, "LOC": 1}
    assert found["gold"]["shares"] == {"dev tokens never seen in train": round(5 / 13, 4)}
    new = ["met", "in", "bergen", ","]
    assert found["issues"] == {
        "dev words never seen in train": {"count": 4, "first": [f"d.conll:9: {word}" for word in new]},
        "dev labels never seen in train": {"count": 1, "first": ["d.conll:9: GPE"]},
        "dev examples that are in train": {
            "count": 2,
            "first": [
                "d.conll:1: the input of g.conll:1 in train, white space and case aside",
                "d.conll:5: the input of g.conll:1 in train",
            ],
        },
    }
    alone = check_tags(TRAIN[:1], TRAIN[3:4])["issues"]
    assert alone == {"dev words never seen in train": {"count": 1, "first": ["g.conll:13: rain"]}}


def test_plain_labels_are_counted_by_token() -> None:
    found = check_tags([example(1, "Mara left Lyon", "PROPN VERB PROPN"), example(5, "no", "I-X")])
    assert found["gold"]["labels"] == {"tags": {"PROPN": 2, "VERB": 1, "I-X": 1}}
    assert "entities" not in found["gold"]["sizes"]
    assert list(found["issues"]) == ["text of one token"]


def test_tags_that_were_not_read_from_a_file() -> None:
    (issue,) = check_tags([example(1, "Mara left Lyon", "O I-X I-Y")])["issues"].items()
    cases = ["g.conll:1: tag 'I-X' of token 1 follows 'O'", "g.conll:1: tag 'I-Y' of token 2 follows 'I-X'"]
    assert issue == ("illegal transition", {"count": 2, "first": cases})


def test_no_sentences() -> None:
    assert check_tags([])["gold"]["sizes"]["sentences"] == 0


def test_labels_that_differ_by_case_are_refused() -> None:
    require_tag_spelling(TRAIN[:6])
    with pytest.raises(DataError, match=r"g\.conll:23: entity label 'loc', but 'LOC' at g\.conll:1; one spelling"):
        require_tag_spelling(TRAIN)
    with pytest.raises(DataError, match=r"g\.conll:2: tag label 'Verb', but 'VERB' at g\.conll:1; one spelling"):
        require_tag_spelling([example(1, "a b", "VERB X"), example(2, "a b", "Verb X")])

"""Checks of labelled texts: every number and every line worked out by hand."""

from __future__ import annotations

import json

import pytest

from spanloom.answers.label import Label
from spanloom.check.labels import check_label_data, require_label_spelling
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, TextPair
from spanloom.text.words import tokenize


def text(characters: str) -> Text:
    return Text(characters, tokenize(characters))


def examples(path: str, *rows: tuple[str, str | None]) -> list[Example]:
    return [
        Example(text(words), None if label is None else Label(tuple(label.split())), Source(path, line))
        for line, (words, label) in enumerate(rows, start=1)
    ]


TRAIN = examples(
    "train",
    ("It rains all day", "wet"),
    ("The sun is out", "dry"),
    ("It  rains all day", "wet"),
    ("The sun is out", "wet"),
    ("Drops", "Wet"),
    ("A dull and grey sky", None),
)
DEV = examples("dev", ("The sun is out", "dry"), ("it SNOWS , snows", "cold"), ("Drops fall", "wet"))


def test_counts_and_issues() -> None:
    report = check_label_data(TRAIN, max_words=4)
    json.dumps(report)
    assert report["answers"] == "label"
    assert report["gold"] == {
        "sizes": {"examples": 6, "tokens": 22, "labels": 3, "without gold": 1},
        "lengths": {
            "tokens": {"mean": 3.67, "median": 4, "95%": 5, "longest": 5},
            "characters": {"mean": 14.17, "median": 15, "95%": 19, "longest": 19},
        },
        "labels": {"labels": {"wet": 3, "dry": 1, "Wet": 1}},
        "shares": {"most frequent label": 0.5},
    }
    assert report["issues"] == {
        "duplicate examples": {"count": 1, "first": ["train:3: the input of train:1 again"]},
        "contradictory examples": {"count": 1, "first": ["train:4: the input of train:2 again"]},
        "text of one token": {"count": 1, "first": ["train:5: Drops"]},
        "labels that differ only by case": {"count": 1, "first": ["train:5: class label 'Wet', but 'wet' at train:1"]},
        "no gold": {"count": 1, "first": ["train:6: A dull and grey sky"]},
        "more than 4 tokens, cut off there": {"count": 1, "first": ["train:6: 5 tokens: A dull and grey sky"]},
        "label of a single example": {"count": 2, "first": ["train:2: dry", "train:5: Wet"]},
    }


def test_dev_beside_train() -> None:
    report = check_label_data(TRAIN, DEV)
    sizes, labels = report["gold"]["sizes"], report["gold"]["labels"]
    assert {name: sizes[name] for name in sizes if "dev" in name} == {
        "dev examples": 3,
        "dev tokens": 10,
        "dev labels": 3,
    }
    assert labels["labels in dev"] == {"dry": 1, "cold": 1, "wet": 1}
    assert report["gold"]["shares"]["dev tokens never seen in train"] == 0.4  # SNOWS , snows fall
    assert {name: issue for name, issue in report["issues"].items() if "dev" in name} == {
        "dev words never seen in train": {"count": 3, "first": ["dev:2: SNOWS", "dev:2: ,", "dev:3: fall"]},
        "dev labels never seen in train": {"count": 1, "first": ["dev:2: cold"]},
        "dev examples that are in train": {"count": 1, "first": ["dev:1: the input of train:2 in train"]},
    }


def test_pairs_and_several_labels() -> None:
    same, swapped = TextPair(text("It rains"), text("It  rains")), TextPair(text("a b c"), text("It rains"))
    given = [
        Example(same, Label(("wet", "x")), Source("f", 1)),
        Example(swapped, Label(()), Source("f", 2)),
        Example(TextPair(swapped.second, swapped.first), Label(("wet",)), Source("f", 3)),
    ]
    report = check_label_data(given)
    unusual = {"pairs": 3, "with no label": 1, "with several labels": 1}
    assert report["gold"]["sizes"] == {"examples": 3, "tokens": 14, "labels": 2, **unusual}
    assert report["issues"] == {
        "pair of equal texts": {"count": 1, "first": ["f:1: It rains"]},
        "label of a single example": {"count": 1, "first": ["f:1: x"]},
    }


def test_nothing_to_say() -> None:
    report = check_label_data(TRAIN[:1], TRAIN[1:2])
    assert report["issues"]["dev words never seen in train"]["count"] == 4
    assert check_label_data(TRAIN[:1])["issues"] == {}
    assert check_label_data([])["gold"]["shares"] == {}


def test_spelling_is_required() -> None:
    require_label_spelling(TRAIN[:4])
    with pytest.raises(DataError, match="train:5: class label 'Wet', but 'wet' at train:1; one spelling of a label"):
        require_label_spelling(TRAIN)

"""Checks of related spans: every number and every line worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from spanloom.check.labels import require_label_spelling
from spanloom.check.relations import check_relations
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation
from spanloom.text.marks import read_marks


def examples(path: str, *rows: tuple[str, str | None]) -> list[Example]:
    found = []
    for line, (raw, label) in enumerate(rows, start=1):
        item: MarkedText = read_marks(raw, path)
        gold = None if label is None else Relation(item.head, item.tail, label)
        found.append(Example(item, gold, Source(path, line)))
    return found


TRAIN = examples(
    "train",
    ("<e1>Rain</e1> fills the <e2>pond</e2>", "Fill(e1,e2)"),
    ("<e2>Rain</e2> fills the <e1>pond</e1>", "Fill(e2,e1)"),  # the same words, other spans
    ("<e1>Rain</e1> fills the  <e2>pond</e2>", "Fill(e1,e2)"),
    ("<e1>Rain</e1> fills the <e2>pond</e2>", "Other"),
    ("the <e1>old <e2>pond</e2></e1>", "fill(e1,e2)"),
    ("<e1><e2>pond</e2></e1>", None),
)
DEV = examples(
    "dev",
    ("<e2>Rain</e2> fills the <e1>pond</e1>", "Fill(e2,e1)"),
    ("<e1>Rain</e1> <e2>fills</e2> the pond", "Fill(e2,e1)"),
    ("<e1>Snow</e1> fills the <e2>yard</e2>", "Cover(e1,e2)"),
)


def test_counts_and_issues() -> None:
    report = check_relations(TRAIN, max_words=3)
    json.dumps(report)
    assert report["answers"] == "relation"
    gold = report["gold"]
    assert gold["labels"]["labels"] == {"Fill(e1,e2)": 2, "Fill(e2,e1)": 1, "Other": 1, "fill(e1,e2)": 1}
    assert gold["sizes"] == {"examples": 6, "tokens": 20, "labels": 4, "without gold": 1}
    assert gold["lengths"]["tokens between the spans"] == {"mean": 1.33, "median": 2, "95%": 2, "longest": 2}
    assert gold["shares"] == {"most frequent label": 0.3333, "head before tail": 0.6667}
    issues = {name: (issue["count"], issue["first"][0]) for name, issue in report["issues"].items()}
    assert issues == {
        "label of a single example": (3, "train:2: Fill(e2,e1)"),
        "duplicate examples": (1, "train:3: the input of train:1 again"),
        "contradictory examples": (1, "train:4: the input of train:1 again"),
        "labels that differ only by case": (1, "train:5: relation label 'fill(e1,e2)', but 'Fill(e1,e2)' at train:1"),
        "no gold": (1, "train:6: pond"),
        "text of one token": (1, "train:6: pond"),
        "more than 3 tokens, an excerpt is read": (4, "train:1: 4 tokens: Rain fills the pond"),
        "head and tail overlap": (1, "train:5: the <e1>old <e2>pond</e2></e1>"),
        "head and tail are the same span": (1, "train:6: <e1><e2>pond</e2></e1>"),
    }


def test_beside_dev_data() -> None:
    found = check_relations(TRAIN, DEV)["issues"]
    assert found["dev examples that are in train"] == {"count": 1, "first": ["dev:1: the input of train:2 in train"]}
    assert found["dev labels never seen in train"]["first"] == ["dev:3: Cover(e1,e2)"]
    assert [case.split(": ")[1] for case in found["dev words never seen in train"]["first"]] == ["Snow", "yard"]


def test_labels_that_differ_by_case_are_refused() -> None:
    require_label_spelling(TRAIN[:4])
    with pytest.raises(DataError, match=r"^train:5: relation label 'fill\(e1,e2\)', but 'Fill\(e1,e2\)' at train:1"):
        require_label_spelling(TRAIN)


def test_what_reading_left_out_or_lost_is_said() -> None:
    lost = LostFact("relation", "Fill", "Rain -> Fill -> pond", "inside a token")
    odd = replace(TRAIN[0], lost=(lost,), mended=((Source("train", 7), "token 1 is '', left out"),))
    issues = check_relations([odd, TRAIN[2]])["issues"]
    assert issues["mended or passed over when read"] == {"count": 1, "first": ["train:7: token 1 is '', left out"]}
    assert issues["relation inside a token"] == {"count": 1, "first": ["train:1: Rain -> Fill -> pond"]}

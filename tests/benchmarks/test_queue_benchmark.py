"""Planted errors, and how early they are listed, counted by hand; and the script, whose name is also a module's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from planting import planted, with_errors
from queue_scores import average_precision, beside, classes_of, scores, token_scores
from queue_tables import queue_tables

from spanloom.answers.graph import Graph
from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.answers.tags import Tags
from spanloom.check.queue.findings import Finding
from spanloom.core import Claim, Example
from spanloom.decode.believed import claims_of
from spanloom.inputs import Relation, Span, Text
from spanloom.text.words import tokenize


def sentence(number: int, nested: bool = False) -> Example:
    """Three names, and each related to the next."""
    words = f"Ada {number} met Bo in Ulm today"
    spans = Span(0, 2, "Person"), Span(3, 4, "Person"), Span(5, 6, "City")
    relations = Relation(spans[0], spans[1], "met"), Relation(spans[1], spans[2], "in")
    return Example(Text(words, tokenize(words)), Graph(spans, relations))


DATA = [sentence(number) for number in range(100)]


@pytest.mark.parametrize("kind", [ENTITIES, RELATIONS])
@pytest.mark.parametrize("orphans", [True, False])
def test_a_twentieth_is_wrong_another_is_missing_and_all_else_is_as_it_was(kind: str, orphans: bool) -> None:
    dirty, errors = planted(DATA, kind, 3, orphans)
    count = sum(claim.kind == kind for example in DATA for claim in claims_of(example)) // 20
    assert [sum(error.how == "missing" for error in errors), sum(error.wrong is not None for error in errors)] == [
        count
    ] * 2
    assert len({error.how for error in errors}) == {ENTITIES: 3, RELATIONS: 4}[kind]
    for number, (before, after) in enumerate(zip(DATA, dirty, strict=True)):
        own = [error for error in errors if error.number == number]
        expected = {claim for claim in claims_of(before) if claim.kind == kind} - {error.right for error in own}
        expected |= {error.wrong for error in own if error.wrong is not None}
        assert {claim for claim in claims_of(after) if claim.kind == kind} == expected
    assert planted(DATA, kind, 3, orphans) == (dirty, errors)
    assert planted(DATA, kind, 4, orphans)[1] != errors
    assert with_errors(DATA, errors, orphans) == dirty
    assert with_errors(DATA, [], orphans) == DATA


def test_the_average_precision_is_over_all_errors() -> None:
    assert average_precision([True, False, True], 2) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([False, True], 4) == pytest.approx(1 / 8)  # three are never listed


def test_a_finding_shows_an_error_by_the_annotation_or_by_what_is_missing() -> None:
    dirty, errors = planted(DATA, ENTITIES, 3)
    wrong = next(error for error in errors if error.wrong is not None)
    missing = next(error for error in errors if error.wrong is None)
    found = [
        Finding(wrong.number, "suspect", wrong.wrong, None, 0.1, 0.0, 3.0),
        Finding(99, "suspect", Claim(ENTITIES, "City", (5, 6)), None, 0.2, 0.0, 2.0),
        Finding(missing.number, "missing", None, missing.right, 0.0, 0.9, 1.0),
    ]
    table = scores(found, errors, ENTITIES, dirty)
    assert table["errors"] == len(errors) == 30
    assert table["average_precision"] == pytest.approx((1 + 2 / 3) / 30)
    assert (table["wrong"], table["missing"]) == (pytest.approx(1 / 15), pytest.approx(1 / 15))
    assert table["of"]["missing"] == pytest.approx(1 / 15)


def test_both_orders_are_counted_over_the_same_tokens_and_sentences() -> None:
    clean = [Example(Text("Ada Bo", tokenize("Ada Bo")), Tags(labels)) for labels in (("B-P", "O"), ("O", "O"))]
    dirty = [Example(clean[0].input, Tags(("O", "O"))), clean[1]]
    missing = Finding(0, "missing", None, Claim(ENTITIES, "P", (0, 1)), 0.0, 0.9, 2.0)
    ours = token_scores([missing, Finding(1, "missing", None, Claim(ENTITIES, "P", (0, 2)), 0.0, 0.6, 1.0)], dirty)
    assert [own.tolist() for own in ours] == [[2.0, -np.inf], [1.0, 1.0]]
    theirs = [np.array([0.1, 0.0]), np.array([0.5, 0.0])]
    found = beside(ours, theirs, clean, dirty)
    assert found["spanloom"] == {"tokens": 1.0, "sentences": 1.0}
    assert found["cleanlab"] == {"tokens": 0.5, "sentences": 0.5}


def test_a_token_counts_where_its_class_would_change() -> None:
    longer = Finding(0, "boundary", Claim(ENTITIES, "P", (0, 1)), Claim(ENTITIES, "P", (0, 2)), 0.1, 0.9, 2.0)
    gold = [Example(Text("Ada Bo", tokenize("Ada Bo")), Tags(("B-P", "O")))]
    assert classes_of(gold[0]) == ["P", "O"]
    assert token_scores([longer], gold)[0].tolist() == [-np.inf, 2.0]


def test_whoever_asks_for_the_module_of_the_name_gets_the_standard_library_s(repository: Path) -> None:
    command = "import queue, concurrent.futures; queue.Queue().put(1); print(queue.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=repository / "benchmarks", capture_output=True, text=True, check=True
    )
    assert not done.stdout.startswith(str(repository))


def test_the_tables_are_means_over_the_seeds_and_say_what_was_read(tmp_path: Path) -> None:
    assert queue_tables(tmp_path) == []
    queue = {"errors": 1200, "average_precision": 0.5, "wrong": 0.75, "missing": 0.25, "precision_at_errors": 0.5}
    beside = {"spanloom": {"tokens": 0.8, "sentences": 0.9}, "cleanlab": {"tokens": 0.4, "sentences": 0.6}}
    f1 = {"clean": 0.9, "dirty": 0.8, "mended": 0.88, "random": 0.81, "errors_left": {}}
    longer = {**f1, "epochs": 10, "mended": 0.9}
    first = {"set": "a-spans", "seed": 0, "queue": queue, "beside": beside, "f1": f1, "longer": longer}
    second = {"set": "a-spans", "seed": 1, "queue": {**queue, "average_precision": 0.7}}
    for one in (first, second):
        (tmp_path / f"a-spans-{one['seed']}.json").write_text(json.dumps(one), encoding="utf-8")
    read = {"a/train": {"wrong": 3, "unclear": 1, "right": 6, "kinds": {"label": 2, "missing": 1}}}
    (tmp_path / "read.json").write_text(json.dumps(read), encoding="utf-8")
    lines = queue_tables(tmp_path)
    f1_cell = "90.0 / 80.0 / 88.0 / 81.0 (1 of them)"
    assert lines[2] == f"| `a-spans` | 0, 1 | 1,200 | 0.60 | 0.75 | 0.25 | 0.50 | {f1_cell} |"
    more = "the same, F1 of models of 10 epochs"
    assert lines[3] == f"| {more} |  |  |  |  |  |  | 90.0 / 80.0 / 90.0 / 81.0 (1 of them) |"
    assert lines[7] == "| `a-spans` | in tokens | 0.800 | 0.400 | 2.00 |"
    assert lines[-1] == "| `a/train` | 10 | 3 | 1 | 6 | label 2, missing 1 |"

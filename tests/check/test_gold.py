"""The check of gold, on a few sentences counted by hand."""

from __future__ import annotations

import json

import pytest

from spanloom.answers.graph import Graph
from spanloom.check.gold import check_gold, check_labels
from spanloom.core import Example, LostFact, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.text.words import tokenize

A, B, C = Span(0, 1, "person"), Span(2, 3, "place"), Span(4, 5, "place")
LIVES, BORN = Relation(A, B, "lives_in"), Relation(A, B, "born_in")


def example(line: int, text: str, gold: Graph | None, **rest: object) -> Example:
    return Example(Text(text, tokenize(text)), gold, Source("g.jsonl", line), **rest)  # type: ignore[arg-type]


EXAMPLES = [
    example(1, "Mara left Lyon for Rome", Graph((A, B, C), (LIVES,))),
    example(2, "Ines left Oslo for Bari", Graph((A, B, C), (LIVES, BORN))),
    example(3, "Timo left Graz for Pisa", Graph((A, B, C), (LIVES, Relation(A, C, "moved_to")))),
    example(4, "Mara left Lyon for Rome", Graph((C, B, A), (LIVES,))),
    example(5, "Mara left Lyon for Rome", Graph((A, B), ())),
    example(6, "Nobody went anywhere", Graph()),
    example(7, "Not annotated", None),
    example(
        8, "Ada left Ulm for Wels", Graph((A, A, Span(0, 1, "team")), (Relation(A, A, "is"), Relation(A, A, "is")))
    ),
    example(9, "a b c d", Graph((Span(0, 3, "x"), Span(1, 2, "x"), Span(2, 4, "x")), ())),
    example(
        10, "e f", Graph(), by_text=True, ambiguous=3, lost=(LostFact("relation", "in", "q -> in -> e", "not located"),)
    ),
]


def test_counts() -> None:
    report = check_gold(EXAMPLES)
    assert json.loads(json.dumps(report)) == report
    assert (report["sentences"], report["without_gold"], report["tokens"], report["by_text"]) == (10, 1, 41, 1)
    assert report["lengths"]["tokens"] == {"mean": 4.1, "median": 5.0, "95%": 5, "longest": 5}
    assert report["entities"] == {"total": 20, "labels": {"place": 9, "person": 7, "x": 3, "team": 1}}
    expected = {"lives_in": 4, "is": 2, "born_in": 1, "moved_to": 1}
    assert report["relations"] == {"total": 8, "labels": expected}
    assert report["triples_per_sentence"] == {"0": 4, "1": 2, "2": 3}
    assert report["kinds"] == {"normal": 3, "same entity pair": 1, "shared entity": 1}
    assert (report["nested_entities"], report["crossing_entities"]) == (1, 1)
    assert report["placed"] == {"relations": 8, "ambiguous": 3, "lost": {"relation: not located": 1}}


def test_issues_cite_their_lines() -> None:
    issues = check_gold(EXAMPLES)["issues"]
    assert {name: issue["first"] for name, issue in issues.items()} == {
        "duplicate examples": ["g.jsonl:4: the input of g.jsonl:1 again"],
        "contradictory examples": ["g.jsonl:5: the input of g.jsonl:1 again"],
        "no entity and no relation": ["g.jsonl:6: Nobody went anywhere"],
        "entities that cross": ["g.jsonl:9: 'a b c' and 'c d'"],
        "entity given twice": ["g.jsonl:8: 'Ada' person"],
        "entity with two labels": ["g.jsonl:8: 'Ada' person and team"],
        "relation given twice": ["g.jsonl:8: Ada -> is -> Ada"],
        "relation of an entity with itself": ["g.jsonl:8: Ada -> is -> Ada"],
        "relation not located": ["g.jsonl:10: q -> in -> e"],
        "no gold": ["g.jsonl:7: Not annotated"],
    }


def test_dev_beside_train_and_what_the_reader_said() -> None:
    passed_over = example(11, "Ada left Rome", Graph((A,)), mended=((Source("g.ann", 4), "note passed over: #1"),))
    odd = example(2, "Ada left Oslo", Graph((Span(0, 1, "pilot"), Span(2, 3, "place"), Span(2, 3, "place"))))
    dev = [odd, example(3, "Ada left Rome", Graph())]
    assert {name: issue["first"] for name, issue in check_gold([passed_over, EXAMPLES[0]], dev)["issues"].items()} == {
        "note passed over": ["g.ann:4: note passed over: #1"],
        "dev labels never seen in train": ["g.jsonl:2: entity label 'pilot'"],
        "dev examples that are in train": ["g.jsonl:3: the input of g.jsonl:11 in train"],
    }


def test_only_the_first_few_cases_are_cited() -> None:
    many = [example(line, f"Empty number {line}", Graph()) for line in range(1, 9)]
    issue = check_gold(many)["issues"]["no entity and no relation"]
    assert issue["count"] == 8
    assert issue["first"] == [f"g.jsonl:{line}: Empty number {line}" for line in range(1, 6)]


def test_nothing_to_check() -> None:
    assert check_gold([])["lengths"]["tokens"] == {}


@pytest.mark.parametrize(
    ("gold", "lost", "message"),
    [
        (
            Graph((Span(0, 1, "Person"),)),
            (),
            "g.jsonl:2: entity label 'Person', but 'person' at g.jsonl:1; one spelling",
        ),
        (
            Graph((A, B), (Relation(A, B, "LIVES_in"),)),
            (),
            "g.jsonl:2: relation label 'LIVES_in', but 'lives_in' at g.js",
        ),
        (
            Graph(),
            (LostFact("relation", "Lives_in", "x", "y"),),
            "g.jsonl:2: relation label 'Lives_in', but 'lives_in'",
        ),
    ],
)
def test_labels_that_differ_by_case(gold: Graph, lost: tuple[LostFact, ...], message: str) -> None:
    examples = [EXAMPLES[0], example(2, "Vera met Yann in Kyiv", gold, lost=lost)]
    with pytest.raises(DataError, match=message):
        check_labels(examples)
    (issue,) = check_gold(examples)["issues"]["labels that differ only by case"]["first"]
    assert message[:40] in issue


def test_labels_of_different_kinds_may_differ_by_case() -> None:
    check_labels([*EXAMPLES, example(11, "Lyon is Rome", Graph((A,), (Relation(A, B, "PERSON"),)))])

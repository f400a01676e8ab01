"""The encodability audit, worked by hand: what each scheme gives back, what it loses and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.parts.excerpts import excerpts
from spanloom.check.audit import audit, audit_windows
from spanloom.config import RunConfig
from spanloom.core import Array, Arrays, Batch, Example, LostFact, Row
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.inputs import Relation, Span
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from tests.tasks.sentences import sentence

Scheme = Literal["table", "tagging"]
TWO = [(0, 1, "X"), (2, 3, "X")]
FOUR = [(at, at + 1, "X") for at in range(4)]
PLAIN = sentence("a b c", TWO, [(0, "r", 1)])


def audited(scheme: Scheme, examples: list[Example], **settings: Any) -> dict[str, Any]:
    config = JointConfig(scheme=scheme, encoder=RnnConfig(), **settings)
    found = audit(examples, {scheme: JointCodec.fit(examples, config)})
    assert list(found) == [scheme]
    return found[scheme]


def lost(report: dict[str, Any], kind: str = "relation") -> dict[str, int]:
    return {row["cause"]: row["count"] for row in report["lost"] if row["kind"] == kind}


@pytest.mark.parametrize("scheme", ["table", "tagging"])
def test_gold_that_can_be_said_is_given_back_whole(scheme: Scheme) -> None:
    report = audited(scheme, [PLAIN, sentence("d e f", [], line=2)])
    whole = {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["entities"] == {"gold": 2, "decoded": 2, "correct": 2, **whole}
    assert report["relations"] == {"gold": 1, "decoded": 1, "correct": 1, **whole}
    assert report["lost"] == report["spurious"] == []


@pytest.mark.parametrize(
    ("scheme", "example", "relations", "entities"),
    [
        ("tagging", sentence("a b c", TWO, [(0, "r", 1), (0, "s", 1)]), {"same pair twice": 1}, {}),
        ("tagging", sentence("a b c", TWO, [(0, "r", 1), (0, "r", 0)]), {"self relation": 1}, {}),
        ("table", sentence("a b c", TWO, [(0, "r", 1), (0, "r", 0), (1, "s", 1)]), {"self relation": 2}, {}),
        (
            "tagging",
            sentence("a b c d", FOUR[:3], [(0, "r", 1), (1, "r", 2)]),
            {"overlapping": 1},
            {"in no relation that is kept": 1},
        ),
        ("tagging", sentence("a b c d", FOUR, [(0, "r", 1)]), {}, {"in no relation": 2}),
        ("tagging", sentence("a b c d", FOUR, [(0, "r", 3), (1, "r", 2)]), {"crossing pairs": 2}, {}),
        (
            "table",
            sentence("a b c", [*TWO, (0, 1, "Y")], [(0, "r", 1), (2, "r", 1)]),
            {"its entity is lost": 1},
            {"same place, two labels": 1},
        ),
    ],
)
def test_each_fact_that_a_scheme_cannot_say_has_its_cause(
    scheme: Scheme, example: Example, relations: dict[str, int], entities: dict[str, int]
) -> None:
    report = audited(scheme, [example])
    assert lost(report) == relations
    assert lost(report, "entity") == entities


def test_an_argument_with_an_unusual_label_is_lost_to_tagging() -> None:
    odd = sentence("d e f", [(0, 1, "Y"), (2, 3, "X")], [(0, "r", 1)], line=2)
    report = audited("tagging", [PLAIN, PLAIN, odd])
    assert lost(report) == lost(report, "entity") == {"entity label": 1}
    assert report["spurious"] == [
        {
            "kind": "entity",
            "cause": "not in the gold",
            "count": 1,
            "labels": {"X": 1},
            "examples": [{"source": "data.jsonl:2", "fact": "d (X)"}],
        },
        {
            "kind": "relation",
            "cause": "not in the gold",
            "count": 1,
            "labels": {"r": 1},
            "examples": [{"source": "data.jsonl:2", "fact": "d -> r -> f"}],
        },
    ]


def test_crossing_pairs_count_against_precision_and_recall() -> None:
    crossing = sentence("a b c d", FOUR, [(0, "r", 3), (1, "r", 2)], line=4)
    report = audited("tagging", [PLAIN, crossing])
    # Three gold relations, three decoded, one of them right.
    third = pytest.approx(1 / 3)
    assert report["relations"] == {
        "gold": 3,
        "decoded": 3,
        "correct": 1,
        "precision": third,
        "recall": third,
        "f1": third,
    }
    assert report["entities"]["f1"] == 1.0
    (spurious,) = report["spurious"]
    assert (spurious["kind"], spurious["count"]) == ("relation", 2)
    assert {item["fact"] for item in spurious["examples"]} == {"a -> r -> c", "b -> r -> d"}


def test_a_mixture_of_nested_spans_is_spurious_to_the_table() -> None:
    # a-b and a-b-c begin together, b and a-b end together: the cells of two relations make a third.
    spans = [(0, 1, "X"), (0, 3, "X"), (1, 3, "X"), (4, 5, "X")]
    report = audited("table", [sentence("a b c d e", spans, [(0, "r", 3), (2, "r", 3)])])
    assert report["lost"] == []
    assert report["relations"]["recall"] == 1.0
    assert report["relations"]["precision"] == pytest.approx(2 / 3)
    assert [item["fact"] for item in report["spurious"][0]["examples"]] == ["a b c -> r -> e"]


@pytest.mark.parametrize("scheme", ["table", "tagging"])
def test_what_is_cut_off_is_lost_and_lowers_recall(scheme: Scheme) -> None:
    late = sentence("a b c d e f", [*TWO, (4, 6, "X")], [(0, "r", 1), (1, "s", 2)])
    report = audited(scheme, [late], max_words=4)
    assert lost(report) == lost(report, "entity") == {"truncated": 1}
    assert report["relations"]["recall"] == 0.5
    assert report["relations"]["precision"] == 1.0
    assert report["entities"]["recall"] == pytest.approx(2 / 3)


def test_windows_give_back_what_any_of_them_does() -> None:
    """a b c d e f in windows of four: a to d and d to f."""
    late = sentence("a b c d e f", [*TWO, (3, 4, "X"), (4, 5, "X")], [(0, "r", 1), (2, "s", 3), (0, "far", 3)])
    unplaced = replace(late, lost=(LostFact("relation", "far", "a -> far -> e", "not located"),))
    for example, before in ((late, {}), (unplaced, {"not located": 1})):
        codec = JointCodec.fit([example], JointConfig(encoder=RnnConfig(), max_words=4))
        report = audit([example], {"table": codec}, windows=True)["table"]
        assert lost(report) == {"whole in no window": 1} | before
        assert lost(report, "entity") == {}
        assert report["entities"]["recall"] == report["relations"]["precision"] == 1.0
        assert report["relations"]["correct"] == 2
        assert report["spurious"] == []


def test_what_a_scheme_loses_in_one_window_another_may_give_back() -> None:
    # d stands in both windows: alone in the first, which tagging cannot say, and in a relation in the second.
    seam = sentence("a b c d e f", [(3, 4, "X"), (4, 5, "X")], [(0, "r", 1)])
    codec = JointCodec.fit([seam], JointConfig(scheme="tagging", encoder=RnnConfig(), max_words=4))
    declared = [[fact.cause for fact in codec.encode(piece).lost] for piece in excerpts(seam, 4)]
    assert declared == [["in no relation"], []]
    report = audit([seam], {"tagging": codec}, windows=True)["tagging"]
    assert report["lost"] == []
    assert report["entities"]["recall"] == report["relations"]["recall"] == 1.0


def test_windows_are_counted() -> None:
    text = sentence("a b c d e f", TWO)
    config = RunConfig("joint", model=JointConfig(max_words=4))
    assert audit_windows([text, PLAIN], config) == {
        "used": False,
        "max_words": 4,
        "examples": 1,
        "windows": 2,
        "facts": 0,
    }


@pytest.mark.parametrize("scheme", ["table", "tagging"])
def test_what_the_reader_could_not_place_stays_in_the_gold(scheme: Scheme) -> None:
    unplaced = [
        LostFact("relation", "r", "p -> r -> q", "not located"),
        LostFact("entity", "X", "p", "inside a token"),
    ]
    report = audited(scheme, [replace(PLAIN, lost=tuple(unplaced))])
    assert lost(report) == {"not located": 1}
    assert lost(report, "entity") == {"inside a token": 1}
    assert (report["relations"]["gold"], report["relations"]["recall"]) == (2, 0.5)
    assert (report["entities"]["gold"], report["entities"]["recall"]) == (3, pytest.approx(2 / 3))


def test_a_fact_given_twice_is_one_fact() -> None:
    twice = sentence("a b c", [*TWO, TWO[0]], [(0, "r", 1), (2, "r", 1)])
    for scheme in ("table", "tagging"):
        report = audited(scheme, [twice])  # type: ignore[arg-type]
        assert report["lost"] == []
        assert (report["entities"]["gold"], report["relations"]["gold"]) == (2, 1)


def test_the_ledger_is_sorted_by_count_and_shows_the_first_few() -> None:
    cases = [sentence("a b c", TWO, [(0, "r", 1), (0, "s", 1)], line=line) for line in range(1, 9)]
    cases.append(sentence("a b c", TWO, [(0, "r", 1), (0, "r", 0)], line=9))
    report = audited("tagging", cases)
    assert [(row["cause"], row["count"]) for row in report["lost"]] == [("same pair twice", 8), ("self relation", 1)]
    shown = report["lost"][0]["examples"]
    assert [item["source"] for item in shown] == [f"data.jsonl:{line}" for line in range(1, 6)]
    assert {item["fact"] for item in shown} == {"a -> s -> c"}


def test_no_relations_at_all_are_no_fault() -> None:
    report = audited("table", [sentence("a b c", TWO)])
    assert report["relations"] == {
        "gold": 0,
        "decoded": 0,
        "correct": 0,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }


class Forgetful:
    """A codec that breaks the law: it gives back nothing and declares one fact of two."""

    def encode(self, example: Example) -> Row:
        return Row({}, {}, 1, 1, (LostFact("relation", "r", "a -> r -> c", "forgotten"),))

    def collate(self, rows: Sequence[Row]) -> Batch:
        return Batch({}, {}, {})

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Graph]:
        return [Graph()]

    def perfect(self, batch: Batch) -> Arrays:
        return {}


def test_what_goes_missing_undeclared_is_told_apart() -> None:
    example = sentence("a b c", TWO, [(0, "r", 1), (0, "s", 1)])
    report = audit([example], {"broken": Forgetful()})["broken"]  # type: ignore[dict-item]
    assert lost(report) == {"forgotten": 1, "not given back": 1}
    assert lost(report, "entity") == {"not given back": 2}
    assert report["relations"] == {
        "gold": 2,
        "decoded": 0,
        "correct": 0,
        "precision": 1.0,
        "recall": 0.0,
        "f1": 0.0,
    }


def test_facts_are_compared_by_place_and_label_not_by_score() -> None:
    head, tail = Span(0, 1, "X", 0.9), Span(2, 3, "X", 0.1)
    scored = replace(PLAIN, gold=Graph((head, tail), (Relation(head, tail, "r", 0.5),)))
    assert audited("table", [scored])["relations"]["f1"] == 1.0

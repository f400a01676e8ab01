from __future__ import annotations

import numpy as np
import pytest

from spanloom.core import LostFact
from spanloom.inputs import Relation, Span, Text, Token
from spanloom.metrics.mistakes import Mistake, entity_mistakes, lost_mistakes, triple_mistakes
from spanloom.metrics.spans import match_spans
from spanloom.metrics.triples import match_triples

WORDS = ["Captain", "Mira", "Holt", "sailed", "the", "Grey", "Heron", "from", "Tromsø", "to", "Hull"]
STARTS = np.cumsum([0, *(len(word) + 1 for word in WORDS)]).tolist()
TEXT = Text(" ".join(WORDS), tuple(Token(w, s, s + len(w)) for w, s in zip(WORDS, STARTS, strict=False)))

HOLT = Span(1, 3, "Person")
HERON = Span(5, 7, "Ship")
TROMSO = Span(8, 9, "City")
HULL = Span(10, 11, "City")


def entities(gold: list[Span], predicted: list[Span]) -> list[tuple[str, str | None, str | None]]:
    found = entity_mistakes(match_spans(gold, predicted, "strict"), TEXT)
    assert all(mistake.kind == "entities" for mistake in found)
    return [(mistake.type, mistake.gold, mistake.predicted) for mistake in found]


def triples(
    gold: list[Relation], predicted: list[Relation], by_text: bool = False
) -> list[tuple[str, str | None, str | None]]:
    rule, text = ("boundaries", TEXT) if by_text else ("strict", None)
    found = triple_mistakes(match_triples(gold, predicted, rule, text), TEXT, by_text)
    assert all(mistake.kind == "triples" for mistake in found)
    return [(mistake.type, mistake.gold, mistake.predicted) for mistake in found]


def test_no_mistake() -> None:
    assert entities([HOLT, HULL], [HULL, HOLT, HOLT]) == []
    assert triples([Relation(HOLT, HERON, "sails")], [Relation(HOLT, HERON, "sails")]) == []


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([HOLT], [Span(0, 3, "Person")], ("boundary", "Mira Holt [Person]", "Captain Mira Holt [Person]")),
        ([HERON], [Span(5, 7, "Bird")], ("type", "Grey Heron [Ship]", "Grey Heron [Bird]")),
        ([HERON], [Span(6, 7, "Bird")], ("boundary and type", "Grey Heron [Ship]", "Heron [Bird]")),
        ([HULL], [], ("missing", "Hull [City]", None)),
        ([], [TROMSO], ("spurious", None, "Tromsø [City]")),
    ],
)
def test_each_entity_mistake(gold: list[Span], predicted: list[Span], expected: tuple[str, str, str]) -> None:
    [(kind, left, right)] = entities(gold, predicted)
    assert kind == expected[0]
    assert (left or "").split(" at ")[0] == (expected[1] or "")
    assert (right or "").split(" at ")[0] == (expected[2] or "")


def test_entities_name_their_token() -> None:
    assert entities([HULL], []) == [("missing", "Hull [City] at token 10", None)]


@pytest.mark.parametrize(
    ("predicted", "kind"),
    [
        (Relation(HOLT, Span(5, 7, "Bird"), "sails"), "entity type"),
        (Relation(HOLT, HERON, "owns"), "relation label"),
        (Relation(HERON, HOLT, "sails"), "direction"),
        (Relation(Span(0, 3, "Person"), HERON, "sails"), "boundary"),
        (Relation(Span(0, 3, "Person"), Span(6, 7, "Bird"), "sails"), "boundary"),
    ],
)
def test_each_triple_mistake_pairs_with_its_gold(predicted: Relation, kind: str) -> None:
    [(found, gold, shown)] = triples([Relation(HOLT, HERON, "sails")], [predicted])
    assert found == kind
    assert gold == "Mira Holt [Person] -> sails -> Grey Heron [Ship]"
    assert shown is not None
    assert predicted.label in shown


def test_missing_and_spurious_triples() -> None:
    assert triples([Relation(HOLT, HERON, "sails")], [Relation(TROMSO, HULL, "near")]) == [
        ("spurious", None, "Tromsø [City] -> near -> Hull [City]"),
        ("missing", "Mira Holt [Person] -> sails -> Grey Heron [Ship]", None),
    ]


def test_a_second_wrong_fact_is_explained_by_gold_that_was_already_found() -> None:
    assert [m[0] for m in entities([HOLT], [HOLT, Span(0, 3, "Person")])] == ["boundary"]
    right = Relation(TROMSO, HULL, "north of")
    assert [m[0] for m in triples([right], [right, Relation(HULL, TROMSO, "north of")])] == ["direction"]
    assert [m[0] for m in triples([right], [right, Relation(TROMSO, HULL, "near")])] == ["relation label"]


def test_one_wrong_span_over_two_gold_spans_leaves_the_second_missing() -> None:
    assert [m[0] for m in entities([TROMSO, HULL], [Span(8, 11, "City")])] == ["boundary", "missing"]


def test_facts_given_as_text_are_explained_by_text() -> None:
    gold = [Relation(HOLT, HERON, "sails")]
    assert triples(gold, [Relation(Span(2, 3, "Entity"), HERON, "sails")], by_text=True) == [
        ("boundary", "Mira Holt -> sails -> Grey Heron", "Holt -> sails -> Grey Heron")
    ]


def test_a_lost_fact_is_missing() -> None:
    lost = (
        LostFact("relation", "owns", "Holt -> owns -> Gull", "not located"),
        LostFact("entity", "Ship", "Gull", "x"),
    )
    assert lost_mistakes(lost) == [
        Mistake("triples", "missing", "Holt -> owns -> Gull (not located)", None),
        Mistake("entities", "missing", "Gull (x)", None),
    ]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_wrong_and_every_missed_fact_is_in_one_mistake(seed: int) -> None:
    generator = np.random.default_rng(seed)

    def span() -> Span:
        start = int(generator.integers(8))
        return Span(start, start + int(generator.integers(1, 3)), str(generator.choice(["A", "B"])))

    def graph() -> list[Relation]:
        return [Relation(span(), span(), str(generator.choice(["r", "s"]))) for _ in range(6)]

    for _ in range(60):
        gold, predicted = graph(), graph()
        match = match_triples(gold, predicted, "strict")
        mistakes = triple_mistakes(match, TEXT, False)
        tp, wrong, total = match.counts()
        assert sum(m.predicted is not None for m in mistakes) == wrong - tp
        missed = {
            f"{TEXT.surface(g.head)} [{g.head.label}] -> {g.label} -> {TEXT.surface(g.tail)} [{g.tail.label}]"
            for g, found in zip(match.gold, match.found, strict=True)
            if not found
        }
        assert len(missed) <= total - tp
        assert missed <= {m.gold for m in mistakes}
        assert sum(m.type == "missing" for m in mistakes) <= total - tp

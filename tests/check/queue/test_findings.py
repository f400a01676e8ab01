"""From beliefs to findings, and the order of these: cases that a person can follow."""

from __future__ import annotations

import math

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.facts import CLASSES, ENTITIES, RELATIONS
from spanloom.check.queue.evidence import Evidence
from spanloom.check.queue.findings import Finding, exclusive_kinds, findings
from spanloom.check.queue.ranking import DELIBERATE, chance, log_odds, ranked
from spanloom.core import Claim, Example
from spanloom.inputs import Relation, Span, Text
from spanloom.text.words import tokenize

TEXT = Text("Ada Byron met Bo in Ulm .", tokenize("Ada Byron met Bo in Ulm ."))
FLAT = frozenset({ENTITIES})


def entity(label: str, start: int, end: int) -> Claim:
    return Claim(ENTITIES, label, (start, end))


def example(*spans: Span, relations: tuple[Relation, ...] = ()) -> Example:
    return Example(TEXT, Graph(spans, relations))


def told(found: list[Finding]) -> dict[str, tuple[Claim | None, Claim | None]]:
    assert len({finding.issue for finding in found}) == len(found)
    return {finding.issue: (finding.annotated, finding.believed) for finding in found}


def test_another_label_is_suspect_another_end_a_boundary_and_no_annotation_missing() -> None:
    gold = example(Span(0, 1, "Person"), Span(3, 4, "City"))
    beliefs = {
        entity("Person", 0, 1): 0.1,
        entity("Person", 0, 2): 0.8,
        entity("City", 3, 4): 0.05,
        entity("Person", 3, 4): 0.9,
        entity("City", 5, 6): 0.7,
    }
    assert told(findings(0, gold, beliefs, FLAT)) == {
        "boundary": (entity("Person", 0, 1), entity("Person", 0, 2)),
        "suspect": (entity("City", 3, 4), entity("Person", 3, 4)),
        "missing": (None, entity("City", 5, 6)),
    }


def test_what_is_believed_and_annotated_has_no_rival_and_a_label_that_is_not_known_no_finding() -> None:
    found = findings(0, example(Span(0, 2, "Person"), Span(5, 6, "Star")), {entity("Person", 0, 2): 0.9}, FLAT)
    assert found == [Finding(0, "suspect", entity("Person", 0, 2), None, 0.9, 0.0)]


def test_spans_that_compete_are_missing_once_and_nested_ones_each() -> None:
    beliefs = {entity("Person", 0, 2): 0.6, entity("Person", 0, 1): 0.3, entity("City", 5, 6): 0.5}
    flat = findings(0, example(), beliefs, FLAT)
    assert [finding.believed for finding in flat] == [entity("Person", 0, 2), entity("City", 5, 6)]
    inside = {entity("Person", 0, 2): 0.9, entity("Person", 1, 2): 0.8}
    nested = findings(0, example(Span(0, 2, "Person")), inside, frozenset())
    assert [(finding.annotated, finding.believed) for finding in nested] == [
        (entity("Person", 0, 2), None),
        (None, entity("Person", 1, 2)),
    ]


def related(label: str, head: tuple[int, int], tail: tuple[int, int]) -> Claim:
    return Claim(RELATIONS, label, (*head, *tail))


ADA, BO, ULM = Span(0, 2, "Person"), Span(3, 4, "Person"), Span(5, 6, "City")
A, B, U = (0, 2), (3, 4), (5, 6)


@pytest.mark.parametrize(
    ("believed", "issue"),
    [
        (related("knows", B, A), "direction"),
        (related("likes", A, B), "suspect"),
        (related("knows", A, U), "suspect"),
        (related("knows", A, (2, 4)), "boundary"),
    ],
)
def test_a_relation_is_doubted_for_the_other_way_round_another_label_or_another_end(
    believed: Claim, issue: str
) -> None:
    gold = example(ADA, BO, ULM, relations=(Relation(ADA, BO, "knows"),))
    found = findings(0, gold, {related("knows", A, B): 0.1, believed: 0.9}, FLAT)
    assert found == [Finding(0, issue, related("knows", A, B), believed, 0.1, 0.9)]


def test_a_relation_that_is_believed_does_not_take_another_of_its_ends_for_a_rival() -> None:
    gold = example(ADA, BO, ULM, relations=(Relation(ADA, BO, "knows"),))
    found = findings(0, gold, {related("knows", A, B): 0.7, related("knows", A, U): 0.9}, frozenset())
    assert told(found) == {
        "suspect": (related("knows", A, B), None),
        "missing": (None, related("knows", A, U)),
    }


def test_facts_that_were_given_as_text_are_believed_where_any_of_their_places_is() -> None:
    text = Text("Bo and Bo met", tokenize("Bo and Bo met"))
    gold = Example(text, Graph((Span(0, 1, "Person"),)), by_text=True)
    found = findings(0, gold, {entity("Person", 0, 1): 0.1, entity("Person", 2, 3): 0.8}, FLAT)
    assert found == [Finding(0, "suspect", entity("Person", 0, 1), None, 0.8, 0.0)]


def test_a_relation_that_is_annotated_is_not_missing_with_more_words_in_a_name() -> None:
    gold = example(ADA, ULM, relations=(Relation(ADA, ULM, "lives_in"),))
    first = Claim(RELATIONS, "lives_in", (*A, *U))
    longer = first._replace(at=(A[0], A[1] + 1, *U))
    born = longer._replace(label="born_in")
    found = findings(0, gold, {first: 0.9, longer: 0.7, born: 0.6}, frozenset())
    assert [(finding.annotated, finding.believed) for finding in found if finding.about.kind == RELATIONS] == [
        (first, None),
        (None, born),
    ]


def test_a_class_is_doubted_for_another_and_several_may_be_missing() -> None:
    label = {Claim(CLASSES, "x"): 0.1, Claim(CLASSES, "y"): 0.85, Claim(CLASSES, "z"): 0.05}
    one = findings(0, Example(TEXT, Label(("x",))), label, frozenset({CLASSES}))
    assert one == [Finding(0, "suspect", Claim(CLASSES, "x"), Claim(CLASSES, "y"), 0.1, 0.85)]
    each = {Claim(CLASSES, "x"): 0.9, Claim(CLASSES, "y"): 0.8}
    several = findings(0, Example(TEXT, Label(("x",))), each, frozenset())
    assert [finding.believed for finding in several] == [None, Claim(CLASSES, "y")]


def test_kinds_compete_where_no_gold_shares_a_place() -> None:
    nested = example(Span(0, 2, "Person"), Span(1, 2, "Name"))
    assert exclusive_kinds([example(ADA, BO)]) == {ENTITIES}
    assert exclusive_kinds([example(ADA, BO), nested]) == frozenset()
    assert exclusive_kinds([Example(TEXT, Label(("x",)))]) == {CLASSES}
    assert exclusive_kinds([Example(TEXT, Label(("x",))), Example(TEXT, Label(("x", "y")))]) == frozenset()


# ---- the order -------------------------------------------------------------------------------------------------------


def test_the_order_goes_by_the_odds_of_the_rival_against_the_annotation() -> None:
    wrong, right = entity("City", 3, 4), entity("Person", 3, 4)
    data = [Example(TEXT) for _ in range(5)]  # nothing is annotated elsewhere
    found = [
        Finding(0, "suspect", wrong, right, 0.4, 0.5),
        Finding(1, "suspect", wrong, right, 0.1, 0.9),
        Finding(2, "missing", None, right, 0.0, 0.8),
        Finding(3, "suspect", wrong, None, 0.05, 0.0),
        Finding(4, "suspect", wrong, None, 0.95, 0.0),
    ]
    ordered = ranked(found, Evidence(data))
    assert [finding.number for finding in ordered] == [2, 1, 3, 0, 4]
    odds = {finding.number: finding.score + (finding.annotated is not None) * DELIBERATE for finding in ordered}
    assert odds[1] == pytest.approx(math.log(9))
    assert odds[2] == pytest.approx(math.log(4))
    assert odds[3] == pytest.approx((log_odds(0.1 * 0.95) + math.log(19)) / 2)  # nothing speaks for another label
    assert chance(ordered[0]) == pytest.approx(0.8)


def test_what_the_same_words_are_elsewhere_speaks_half_as_loud_as_a_model() -> None:
    person, city = entity("Person", 3, 4), entity("City", 3, 4)
    odd, rest, other = example(Span(3, 4, "City")), [example(BO)] * 3, [example()]
    finding = Finding(0, "suspect", city, person, 0.3, 0.6)
    (alone,) = ranked([finding], Evidence([odd]))
    assert alone.score == pytest.approx((math.log(0.6 / 0.4) - math.log(0.3 / 0.7)) / 2 - DELIBERATE)
    (known,) = ranked([finding], Evidence([odd, *rest, *other]))
    votes = (math.log(3.5 / 1.5) - math.log(0.5 / 4.5)) / 2  # of four others three say Person, and none City
    assert known.score == pytest.approx(alone.score + votes / 2)
    (missing,) = ranked([Finding(0, "missing", None, person, 0.0, 0.6)], Evidence([example(), *rest, *other]))
    assert missing.score == pytest.approx(math.log(0.6 / 0.4) + math.log(3.5 / 1.5) / 2)
    (sure,) = ranked([Finding(0, "suspect", city, None, 0.5, 0.0)], Evidence([odd, *rest * 100]))
    assert sure.score == pytest.approx(
        (log_odds(0.05) - 0) / 2 - log_odds(0) / 2 - DELIBERATE
    )  # no vote is surer than a model


def test_what_is_alike_stays_in_the_order_of_the_data() -> None:
    found = [Finding(number, "missing", None, entity("Person", 3, 4), 0.0, 0.8) for number in (2, 0, 1)]
    assert [finding.number for finding in ranked(found, Evidence([example() for _ in range(3)]))] == [0, 1, 2]


def test_a_relation_of_unusual_ends_is_odder_than_its_scores_say() -> None:
    lives = example(ADA, ULM, relations=(Relation(ADA, ULM, "lives_in"),))
    turned = example(ADA, ULM, relations=(Relation(ULM, ADA, "lives_in"),))
    data = [lives] * 8 + [turned]
    usual, odd = related("lives_in", A, U), related("lives_in", U, A)
    pair = [Finding(0, "suspect", usual, None, 0.5, 0.5), Finding(8, "suspect", odd, None, 0.5, 0.5)]
    first, second = ranked(pair, Evidence(data))
    assert (first.annotated, second.annotated) == (odd, usual)
    unusual = (0 + 0.5) / (8 + 1)  # none but itself, of the eight others
    assert first.score == pytest.approx(
        -math.log(unusual) - log_odds(unusual) / 2 - DELIBERATE
    )  # as often as the pair is so
    likely = (7 + 0.5) / (8 + 1)
    assert second.score == pytest.approx(-math.log(likely) - log_odds(likely) / 2 - DELIBERATE)
    missing = ranked(
        [Finding(0, "missing", None, odd, 0.0, 0.9), Finding(1, "missing", None, usual, 0.0, 0.9)], Evidence(data)
    )
    assert [finding.believed for finding in missing] == [usual, odd]

"""Whether scores mean what they say, by hand: which facts count, which are right, and the expected error."""

from __future__ import annotations

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.core import SOME, Coverage, Example, Source
from spanloom.decode.scaling import ALL, Line, Scaling, scored_facts
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.metrics.reliability import reliability
from tests.tasks.sentences import text_of

TEXT = text_of(["Ada", "met", "Bo", "and", "Ada"])
ADA, BO = Span(0, 1, "person"), Span(2, 3, "person")


def of(gold: object, answer: object, coverage: Coverage | None = None, by_text: bool = False) -> list[tuple[str, bool]]:
    """The facts that count, each by kind and label, and whether it is right."""
    example = Example(TEXT, gold, Source("d", 1), covered=coverage, by_text=by_text)
    return [(f"{fact.kind} {fact.label}", fact.right) for fact in scored_facts([example], [answer])]


def sure(span: Span, score: float = 0.9) -> Span:
    return Span(span.start, span.end, span.label, score)


def related(head: Span, tail: Span, label: str = "met") -> Relation:
    return Relation(head, tail, label, 0.8)


def test_the_error_by_hand() -> None:
    """Two answers in 0.9..1 of which one is right, one in 0.6..0.7 that is."""
    gold = [Example(TEXT, Label((name,)), Source("d", 1)) for name in ("far", "far", "here")]
    answers = [Label(("far",), (0.95,)), Label(("near",), (1.0,)), Label(("here",), (0.6,))]
    found = reliability(gold, answers)["reliability"]["classes"]
    assert [(item["low"], item["high"], item["predicted"]) for item in found["bins"]] == [(0.6, 0.7, 1), (0.9, 1.0, 2)]
    assert found["error"] == pytest.approx(2 / 3 * abs(0.975 - 0.5) + 1 / 3 * abs(0.6 - 1))
    assert (found["error_before"], found["predicted"], found["precision"]) == (None, 3, pytest.approx(2 / 3))
    assert reliability(gold[:1], [Label(("far",))]) == {}


def test_the_error_before_is_that_of_the_networks_own_scores() -> None:
    gold = [Example(TEXT, Label((name,)), Source("d", 1)) for name in ("far", "far", "here")]
    raw = [Label((name,), (score,)) for name, score in (("far", 0.95), ("near", 0.99), ("here", 0.6))]
    scaling = Scaling({"classes": {ALL: Line(0.5, 0.25)}})
    scaled = [Label(answer.names, (scaling.scaled("classes", "x", (answer.scores or (0,))[0]),)) for answer in raw]
    before, after = (reliability(gold, answers, scaling)["reliability"]["classes"] for answers in (raw, scaled))
    assert after["error_before"] == pytest.approx(before["error"])
    assert after["error"] != pytest.approx(before["error"])


def test_a_span_is_right_by_its_ends_and_label_a_relation_by_its_ends_and_theirs() -> None:
    gold = Graph((ADA, BO), (Relation(ADA, BO, "met"),))
    person, place = sure(ADA), sure(Span(2, 3, "place"))
    answer = Graph((person, place, sure(BO)), (related(person, sure(BO)), related(person, place)))
    assert of(gold, answer) == [
        ("entities person", True),
        ("entities place", False),
        ("entities person", True),
        ("relations met", True),
        ("relations met", False),
    ]


def test_gold_that_was_given_as_text_is_compared_by_its_text() -> None:
    gold = Graph((ADA, BO), (Relation(ADA, BO, "met"),))
    other = sure(Span(4, 5, "person"))
    answer = Graph((sure(BO), other), (related(other, sure(BO)),))
    assert [right for _, right in of(gold, answer)] == [True, False, False]
    assert [right for _, right in of(gold, answer, by_text=True)] == [True, True, True]


def test_spans_of_tags_are_as_sure_as_their_least_sure_token() -> None:
    example = Example(TEXT, Tags(("B-a", "I-a", "O", "B-b", "O")), Source("d", 1))
    answer = Tags(("B-a", "I-a", "O", "B-c", "O"), (0.9, 0.7, 0.6, 0.8, 0.9))
    assert [tuple(fact) for fact in scored_facts([example], [answer])] == [
        ("entities", "a", 0.7, True),
        ("entities", "c", 0.8, False),
    ]
    assert of(Tags(("N", "V")), Tags(("N", "N"), (0.9, 0.6))) == [("tokens N", True), ("tokens N", False)]


def test_intents_slots_and_relations_of_marked_texts() -> None:
    frame = Frame(Label(("ask",), (0.9,)), Tags(("B-a", "O"), (0.8, 0.9)))
    gold = Frame(Label(("tell",)), Tags(("B-a", "O")))
    assert of(gold, frame) == [("intents ask", False), ("slots a", True)]
    marked = Example(MarkedText(TEXT, ADA, BO), Relation(ADA, BO, "met"), Source("d", 1))
    assert [fact.right for fact in scored_facts([marked], [related(ADA, BO)])] == [True]


def test_what_a_source_leaves_open_does_not_count() -> None:
    """A label that it does not annotate, a name of which it does not say the kind, a relation likewise."""
    coverage = Coverage("s", frozenset({"person"}), frozenset({"met"}))
    gold = Graph((ADA, Span(2, 3, SOME)))
    place, last = sure(Span(1, 2, "place")), sure(Span(4, 5, "person"))
    answer = Graph((sure(ADA), place, sure(BO), last), (related(sure(ADA), last, "left"), related(sure(ADA), last)))
    assert of(gold, answer, coverage) == [
        ("entities person", True),
        ("entities person", False),
        ("relations met", False),
    ]
    tags = Tags(("B-person", "B-place", "O", "O", "B-person"), (0.9,) * 5)
    found = of(Tags(("B-person", "O", "O", "O", "O")), tags, coverage)
    assert found == [("entities person", True), ("entities person", False)]


def test_names_of_a_source_that_marks_the_related_alone_do_not_count() -> None:
    """What it could call wrong is left aside, so that what is left would be right too often."""
    coverage = Coverage("s", frozenset({"person"}), frozenset({"met"}), related_only=True)
    gold = Graph((ADA, BO), (Relation(ADA, BO, "met"),))
    answer = Graph((sure(ADA), sure(BO)), (related(sure(ADA), sure(BO)),))
    assert of(gold, answer, coverage) == [("relations met", True)]


def test_labels_that_a_source_does_not_annotate_take_their_scores_along() -> None:
    coverage = Coverage("s", frozenset({"a", "b"}))
    assert of(Label(("a", "b")), Label(("a", "c"), (0.9, 0.8)), coverage) == [("classes a", True)]

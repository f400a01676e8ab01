"""What answers say statement by statement, and what becomes of them when some go and others come."""

from __future__ import annotations

from typing import Any

import pytest

from spanloom.answers import kind_of
from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.claims import clash, key_of
from spanloom.answers.parts.facts import CLASSES, ENTITIES, INTENTS, RELATIONS, SLOTS, TOKENS
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.tags import Tags
from spanloom.core import Claim, Example
from spanloom.inputs import Relation, Span, Text, Token

ADA, BO, ULM = Span(0, 1, "Person"), Span(3, 4, "Person"), Span(5, 7, "City")
KNOWS, LIVES = Relation(ADA, BO, "knows"), Relation(BO, ULM, "lives_in")
GRAPH = Graph((ADA, BO, ULM), (KNOWS, LIVES))
KNOWN, LIVED = Claim(RELATIONS, "knows", (0, 1, 3, 4)), Claim(RELATIONS, "lives_in", (3, 4, 5, 7))


def person(start: int, end: int) -> Claim:
    return Claim(ENTITIES, "Person", (start, end))


def claims(answer: Any) -> list[Claim]:
    found = kind_of(answer).claims
    assert found is not None
    return list(found.of(answer))


def amended(answer: Any, gone: list[Claim], come: list[Claim]) -> Any:
    found = kind_of(answer).claims
    assert found is not None
    return found.amended(answer, gone, come)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GRAPH, [person(0, 1), person(3, 4), Claim(ENTITIES, "City", (5, 7)), KNOWN, LIVED]),
        (Tags(("B-A", "I-A", "O")), [Claim(ENTITIES, "A", (0, 2))]),
        (Tags(("NOUN", "VERB")), [Claim(TOKENS, "NOUN", (0, 1)), Claim(TOKENS, "VERB", (1, 2))]),
        (Label(("x", "y")), [Claim(CLASSES, "x"), Claim(CLASSES, "y")]),
        (Frame(Label(("book",)), Tags(("O", "B-day"))), [Claim(INTENTS, "book"), Claim(SLOTS, "day", (1, 2))]),
        (KNOWS, [KNOWN]),
    ],
)
def test_statements_of_each_answer_and_nothing_changed_changes_nothing(answer: Any, expected: list[Claim]) -> None:
    assert claims(answer) == expected
    assert amended(answer, [], []) == answer
    assert amended(answer, [], expected) == answer


def test_an_answer_that_is_one_whole_has_none() -> None:
    assert kind_of(Rewrite()).claims is None


def test_a_relation_goes_with_its_span_and_follows_one_that_comes_over_it() -> None:
    assert amended(GRAPH, [person(3, 4)], []) == Graph((ADA, ULM))
    longer = amended(GRAPH, [person(3, 4)], [person(2, 4)])
    moved = Span(2, 4, "Person")
    assert longer == Graph((ADA, moved, ULM), (Relation(ADA, moved, "knows"), Relation(moved, ULM, "lives_in")))
    renamed = amended(GRAPH, [Claim(ENTITIES, "City", (5, 7))], [Claim(ENTITIES, "Company", (5, 7))])
    assert renamed.relations[1] == Relation(BO, Span(5, 7, "Company"), "lives_in")


def test_a_relation_is_turned_and_one_without_its_spans_is_left_out() -> None:
    turned = amended(GRAPH, [KNOWN], [Claim(RELATIONS, "knows", (3, 4, 0, 1))])
    assert turned.relations == (LIVES, Relation(BO, ADA, "knows"))
    assert amended(GRAPH, [], [Claim(RELATIONS, "knows", (0, 1, 8, 9))]) == GRAPH
    found = amended(GRAPH, [], [person(8, 9), Claim(RELATIONS, "knows", (0, 1, 8, 9))])
    assert found.relations[-1] == Relation(ADA, Span(8, 9, "Person"), "knows")


def test_tags_make_room_for_what_comes() -> None:
    tags = Tags(("B-A", "I-A", "O", "B-B"), (1.0, 1.0, 1.0, 1.0))
    assert amended(tags, [], [Claim(ENTITIES, "B", (1, 3))]).labels == ("O", "B-B", "I-B", "B-B")
    assert amended(tags, [Claim(ENTITIES, "A", (0, 2))], []).labels == ("O", "O", "O", "B-B")
    assert amended(tags, [], [Claim(ENTITIES, "A", (2, 3))]).scores is None
    plain = amended(Tags(("NOUN", "VERB")), [Claim(TOKENS, "VERB", (1, 2))], [Claim(TOKENS, "NOUN", (1, 2))])
    assert plain.labels == ("NOUN", "NOUN")


def test_classes_intents_and_the_relation_of_two_spans_are_exchanged() -> None:
    assert amended(Label(("x",)), [Claim(CLASSES, "x")], [Claim(CLASSES, "y")]) == Label(("y",))
    frame = Frame(Label(("book",)), Tags(("O", "B-day")))
    gone, come = [Claim(INTENTS, "book"), Claim(SLOTS, "day", (1, 2))], [Claim(INTENTS, "ask")]
    assert amended(frame, gone, come) == Frame(Label(("ask",)), Tags(("O", "O")))
    assert amended(KNOWS, [KNOWN], [KNOWN._replace(label="likes")]).label == "likes"


def test_places_clash_where_they_share_a_token_or_are_the_same() -> None:
    assert clash(person(0, 2), person(1, 3))
    assert not clash(person(0, 2), person(2, 3))
    assert clash(KNOWN, KNOWN._replace(label="likes"))
    assert not clash(KNOWN, LIVED)
    assert clash(Claim(CLASSES, "x"), Claim(CLASSES, "y"))


def test_facts_that_were_given_as_text_are_the_same_where_they_stand_elsewhere() -> None:
    text = Text("Bo Bo", (Token("Bo", 0, 2), Token("Bo", 3, 5)))
    placed, by_text = key_of(Example(text)), key_of(Example(text, by_text=True))
    assert placed(person(0, 1)) != placed(person(1, 2))
    assert by_text(person(0, 1)) == by_text(person(1, 2))

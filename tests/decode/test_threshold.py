"""What a threshold leaves out of an answer of each type, worked by hand, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

from spanloom.answers import kind_of
from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal
from spanloom.answers.tags import Tags
from spanloom.decode.threshold import ALL, Threshold, threshold_for
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation, Span
from spanloom.tasks import find_task, task_names

ADA, BERGEN, PRESS = Span(0, 2, "Person", 0.9), Span(4, 5, "Place", 0.6), Span(6, 8, "Org", 0.7)
LIVES, WORKS = Relation(ADA, BERGEN, "lives_in", 0.8), Relation(ADA, PRESS, "works_for", 0.65)
GRAPH = Graph((ADA, BERGEN, PRESS), (LIVES, WORKS), dropped=3)
TAGS = Tags(("B-Person", "I-Person", "O", "B-Place"), (0.95, 0.6, 0.99, 0.8))


def test_a_graph_loses_spans_and_the_relations_that_end_in_them() -> None:
    assert Threshold(0.6).kept(GRAPH) == GRAPH, "a score that reaches it is kept"
    assert Threshold(0.66).kept(GRAPH) == Graph((ADA, PRESS)), "one end of lives_in is gone, works_for scores less"
    assert Threshold(0.62).kept(GRAPH) == Graph((ADA, PRESS), (WORKS,))
    assert Threshold(0.0, {"works_for": 0.7}).kept(GRAPH) == Graph(GRAPH.spans, (LIVES,))
    assert Threshold(0.95, {"Place": 0.5}).kept(GRAPH) == Graph((BERGEN,))
    assert Threshold(0.66).kept(GRAPH).dropped == 3


def test_tags_lose_whole_spans() -> None:
    sure = Threshold(0.7).kept(TAGS)
    assert sure.labels == ("O", "O", "O", "B-Place"), "a span is as sure as its least sure token"
    assert sure.scores == pytest.approx((0.05, 0.4, 0.99, 0.8))
    assert Threshold(0.7, {"Person": 0.6}).kept(TAGS) == TAGS
    assert Threshold(1.0).kept(TAGS).labels == ("O",) * 4


def test_labels_and_intents_may_all_go() -> None:
    label = Label(("cold", "late"), (0.55, 0.9), (0.55, 0.9, 0.1))
    assert Threshold(0.6).kept(label) == Label(("late",))
    assert Threshold(0.6).kept(label).scores == (0.9,)
    assert Threshold(0.6).kept(label).probabilities == (0.55, 0.9, 0.1)
    assert Threshold(0.6, {"late": 0.95}).kept(label) == Label()
    frame = Frame(Label(("rent",), (0.7,)), TAGS, 0.25, True)
    assert Threshold(0.8).kept(frame) == Frame(Label(), Tags(("O", "O", "O", "B-Place")))
    assert (Threshold(0.8).kept(frame).out_of_scope, Threshold(0.8).kept(frame).rejected) == (0.25, True)


def test_an_unsure_relation_has_no_label() -> None:
    assert Threshold(0.8).kept(LIVES) is LIVES
    unsure = Threshold(0.81).kept(LIVES)
    assert (unsure.head, unsure.tail, unsure.label, unsure.score) == (ADA, BERGEN, "", None)
    assert Threshold(0.81).kept(unsure) is unsure


def test_what_has_no_facts_stays() -> None:
    for answer in (Rewrite("Only red kites?", 0.1), Surprisal((1.0,)), DataError("text 2", "is no string")):
        assert Threshold(1.0).kept(answer) is answer


def test_a_fact_without_a_score_cannot_be_judged() -> None:
    with pytest.raises(ConfigError, match=r"says 'Place' without a score to compare; .* train with model\.confidence"):
        Threshold(0.5).kept(Tags(("B-Place", "O")))
    assert Threshold(0.5, {"Place": 0.0}).kept(Tags(("B-Place", "O"))).labels == ("B-Place", "O")


class Known:
    """A codec that only knows labels."""

    def __init__(self, **known: tuple[str, ...]) -> None:
        self._known = {kind.replace("_", " "): labels for kind, labels in known.items()}

    def known(self) -> dict[str, tuple[str, ...]]:
        return self._known


def made(given: Any, task: str = "joint", **known: tuple[str, ...]) -> Threshold:
    codec: Any = Known(**(known or {"entity_label": ("Person", "Place"), "relation": ("lives_in",)}))
    return threshold_for(given, find_task(task), codec)


def test_one_number_or_one_a_label() -> None:
    assert made(0.7) == Threshold(0.7)
    assert made(1) == Threshold(1.0)
    assert made({ALL: 0.7, "lives_in": 0.9}) == Threshold(0.7, {"lives_in": 0.9})
    assert made({"Place": 0.9}) == Threshold(0.0, {"Place": 0.9})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1.5, r"threshold: is 1\.5; a number from 0 to 1\. Set a number such as 0\.7"),
        (-0.1, r"is -0\.1; a number from 0 to 1"),
        (math.nan, "is nan; a number from 0 to 1"),
        (True, "is True; a number from 0 to 1"),
        ("0.7", "is '0.7'; a number from 0 to 1"),
        ({"Place": 2}, "is 2 for 'Place'; a number from 0 to 1"),
        (
            {"Plcae": 0.5},
            r"unknown label 'Plcae'; did you mean 'Place'\?; one that .* trained on \(Person, Place, lives_in\)",
        ),
    ],
)
def test_what_is_no_threshold_is_quoted(given: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(given)


@pytest.mark.parametrize(
    ("task", "known"), [("rewrite", {}), ("language_model", {}), ("tag", {"token_label": ("NOUN",)})]
)
def test_answers_of_which_nothing_can_be_left_out(task: str, known: dict[str, tuple[str, ...]]) -> None:
    codec: Any = Known(**known)
    with pytest.raises(ConfigError, match=rf"no part of an answer of this model \(task '{task}'\) can be left out"):
        threshold_for(0.7, find_task(task), codec)


def test_every_task_has_an_answer_that_is_known_or_has_no_facts() -> None:
    without = {name for name in task_names() if kind_of(find_task(name).answer()).sure is None}
    assert without == {"rewrite", "language_model"}

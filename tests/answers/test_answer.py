"""Answers that know their text: their parts in words and characters, as rows, as text and on a page."""

from __future__ import annotations

import html
import pickle
from dataclasses import replace
from typing import Any

import pytest

from spanloom.answers import kind_of
from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.parts.answer import COLUMNS, Answer, Entity, Link, Named
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal, Surprising
from spanloom.answers.tags import Tagged, Tags
from spanloom.config import DataConfig
from spanloom.inputs import Dialogue, MarkedText, Relation, Span, Text, TextPair, texts_of
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.text.words import tokenize
from spanloom.write.notebook import answer_html


def text(words: str) -> Text:
    return Text(words, tokenize(words))


SAID = text("Mira Holm lives in Bergen, with Olav.")
MIRA, BERGEN = Span(0, 2, "Person", 0.9), Span(4, 5, "Place", 0.75)
GRAPH = Graph((MIRA, BERGEN), (Relation(MIRA, BERGEN, "lives_in", 0.5),))
HOLM, CITY = Entity("Mira Holm", 0, 9, "Person", 0.9), Entity("Bergen", 19, 25, "Place", 0.75)


def answer_of(task: str, item: object, value: object) -> Any:
    return kind_of(value).view(find_task(task).show(item, value), value, answer_html)


def test_a_graph_in_characters() -> None:
    answer = answer_of("joint", SAID, GRAPH)
    assert (answer.text, answer.value) == (SAID.text, GRAPH)
    assert answer.entities == (HOLM, CITY)
    assert answer.relations == (Link(HOLM, CITY, "lives_in", 0.5),)
    assert answer.relations[0].head.text == "Mira Holm"
    assert all(answer.text[item.start : item.end] == item.text for item in answer.entities)
    assert answer.to_dict() == find_task("joint").show(SAID, GRAPH)
    assert answer.to_dict()["entities"][1]["text"] == "Bergen"
    assert pickle.loads(pickle.dumps(answer)) == answer
    less_sure = replace(GRAPH, spans=(MIRA, replace(BERGEN, score=0.7)))
    assert answer_of("joint", SAID, less_sure) != answer, "scores are shown, so they count"
    assert repr(answer).splitlines() == [
        "Mira Holm lives in Bergen, with Olav.",
        "  Person: Mira Holm  0.90",
        "  Place: Bergen  0.75",
        "  Mira Holm -> lives_in -> Bergen  0.50",
    ]


def test_rows_have_the_same_columns_whatever_they_are_of() -> None:
    rows = answer_of("joint", SAID, GRAPH).rows()
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [tuple(row.values()) for row in rows] == [
        ("entity", "Person", "Mira Holm", 0, 9, None, None, 0.9),
        ("entity", "Place", "Bergen", 19, 25, None, None, 0.75),
        ("relation", "lives_in", None, None, None, "Mira Holm", "Bergen", 0.5),
    ]
    assert answer_of("joint", SAID, Graph()).rows() == []


def test_tags_of_spans_and_of_tokens() -> None:
    item = text("Mira left")
    spans = answer_of("tag", item, Tags(("B-Person", "O"), (0.5, 0.9)))
    assert spans.entities == (Entity("Mira", 0, 4, "Person", 0.5),)
    assert spans.tags == ("B-Person", "O")
    assert spans.tokens == (Tagged("Mira", 0, 4, "B-Person", 0.5), Tagged("left", 5, 9, "O", 0.9))
    assert [(row["kind"], row["text"]) for row in spans.rows()] == [("entity", "Mira")]
    plain = answer_of("tag", item, Tags(("NOUN", "VERB")))
    assert plain.entities == ()
    assert [(row["kind"], row["label"], row["text"]) for row in plain.rows()] == [
        ("token", "NOUN", "Mira"),
        ("token", "VERB", "left"),
    ]
    assert repr(plain) == "Mira left\n  NOUN: Mira\n  VERB: left"


def test_classes_of_one_text_and_of_a_pair() -> None:
    pair = answer_of("classify", TextPair(text("It rains ."), text("It is wet .")), Label(("follows",), (0.8,)))
    assert (pair.text, pair.texts) == ("It rains .\nIt is wet .", ("It rains .", "It is wet ."))
    assert (pair.labels, pair.label) == ((Named("follows", 0.8),), "follows")
    assert [(row["kind"], row["label"], row["score"]) for row in pair.rows()] == [("label", "follows", 0.8)]
    several = answer_of("classify", text("Rain"), Label(("cold", "wet"), (0.6, 0.9)))
    assert ([named.label for named in several.labels], several.label) == (["cold", "wet"], "wet")
    assert answer_of("classify", text("Rain"), Label()).label is None


def test_an_intent_and_its_slots() -> None:
    frame = Frame(Label(("wake",), (0.7,)), Tags(("O", "B-who")), out_of_scope=0.5, rejected=True)
    request = answer_of("intent_slot", text("wake Mira"), frame)
    assert (request.intent, request.slots) == (Named("wake", 0.7), (Entity("Mira", 5, 9, "who"),))
    assert (request.out_of_scope, request.rejected) == (0.5, True)
    assert repr(request).splitlines() == ["wake Mira", "  who: Mira", "  wake  0.70"]
    bare = answer_of("intent_slot", text(""), Frame())
    assert (bare.intent, bare.slots, bare.out_of_scope, bare.rejected) == (None, (), None, False)


def test_marked_spans_and_how_they_are_related() -> None:
    head, tail = Span(0, 1, ""), Span(2, 3, "")
    related = answer_of(
        "relation", MarkedText(text("Rain woke Mira ."), head, tail), Relation(head, tail, "Cause", 0.5)
    )
    assert (related.head.text, related.label, related.tail.text, related.score) == ("Rain", "Cause", "Mira", 0.5)
    assert repr(related).splitlines()[-1] == "  Rain -> Cause -> Mira  0.50"


def test_a_dialogue_and_its_rewrite() -> None:
    said = answer_of("rewrite", Dialogue((text("Kites?"), text("Red?"))), Rewrite("Red kites?", 0.5))
    assert (said.turns, said.rewrite, said.score) == (("Kites?", "Red?"), "Red kites?", 0.5)
    assert repr(said).splitlines() == ["Kites?", "Red?", "  -> Red kites?  0.50"]
    assert [(row["kind"], row["text"], row["score"]) for row in said.rows()] == [("rewrite", "Red kites?", 0.5)]


def test_a_text_and_how_surprising_it_is() -> None:
    read = answer_of("language_model", text("Row on"), Surprisal((1.0, 2.5)))
    assert (read.bits, read.tokens) == (3.5, (Surprising("Row", 0, 3, 1.0), Surprising("on", 4, 6, 2.5)))
    assert repr(read).splitlines() == ["Row on", "  3.5 bits", "  1.0: Row", "  2.5: on"]
    assert read.rows()[1] == {"kind": "token", "text": "on", "start": 4, "end": 6, "bits": 2.5}


@pytest.mark.parametrize("name", task_names())
def test_every_task_has_answers_that_stand_in_their_text(name: str) -> None:
    task = find_task(name)
    (sample,) = (FOLDER / name).glob("sample.*")
    for example in task.read(sample, DataConfig()):
        answer = answer_of(name, example.input, example.gold)
        assert type(answer) is not Answer, "a class of its own, with names for its parts"
        assert answer.texts == tuple(part.text for part in texts_of(example.input))
        parts = [*answer.entities, *getattr(answer, "tokens", ())]
        assert all(answer.text[item.start : item.end] == item.text for item in parts)
        assert all(link.head in answer.entities and link.tail in answer.entities for link in answer.relations)
        assert len({tuple(row) for row in answer.rows()}) <= 1, "the same columns in every row"
        assert repr(answer).startswith(answer.text)
        assert answer._repr_html_().startswith("<iframe")


def test_a_type_without_a_class_of_its_own_has_what_most_share() -> None:
    answer = kind_of(0.5).view({"text": "Rain", "labels": [{"label": "wet", "score": 0.5}]}, 0.5, answer_html)
    assert (type(answer), answer.labels, repr(answer)) == (Answer, (Named("wet", 0.5),), "Rain\n  wet  0.50")


@pytest.mark.parametrize("words", ["Mira Holm lives in Bergen, with Olav.", 'Mira Holm lives in "<b>" & Olav.'])
def test_a_notebook_gets_the_page_in_a_frame_of_its_own(words: str) -> None:
    shown = answer_of("joint", text(words), Graph((MIRA,)))._repr_html_()
    assert shown.startswith('<iframe srcdoc="')
    inside = shown.removeprefix('<iframe srcdoc="').partition('" style=')[0]
    assert '"' not in inside, "or it would end the attribute"
    page = html.unescape(inside)
    assert page.startswith("<!doctype html>")
    assert 'data-l="Person"' in page
    assert "<b>" not in page.partition("<main>")[2].partition("</main>")[0]

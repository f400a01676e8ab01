"""Answers that know their text: their parts in words and characters, as rows, as text and on a page."""

from __future__ import annotations

import html

import pytest

from spanloom.answers.frame import Frame
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.rewrite import Rewrite
from spanloom.answers.surprisal import Surprisal
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Dialogue, MarkedText, Relation, Span, Text, TextPair
from spanloom.tasks import FOLDER, find_task, task_names
from spanloom.text.words import tokenize
from spanloom.write.answer import COLUMNS, Answer, Entity, Link, Named


def text(words: str) -> Text:
    return Text(words, tokenize(words))


SAID = text("Mira Holm lives in Bergen, with Olav.")
MIRA, BERGEN = Span(0, 2, "Person", 0.9), Span(4, 5, "Place", 0.75)
GRAPH = Graph((MIRA, BERGEN), (Relation(MIRA, BERGEN, "lives_in", 0.5),))
HOLM, CITY = Entity("Mira Holm", 0, 9, "Person", 0.9), Entity("Bergen", 19, 25, "Place", 0.75)


def answer_of(task: str, item: object, value: object) -> Answer:
    return Answer(find_task(task).show(item, value), value)


def test_a_graph_in_characters() -> None:
    answer = answer_of("joint", SAID, GRAPH)
    assert (answer.text, answer.value) == (SAID.text, GRAPH)
    assert answer.entities == (HOLM, CITY)
    assert answer.relations == (Link(HOLM, CITY, "lives_in", 0.5),)
    assert answer.relations[0].head.text == "Mira Holm"
    assert all(answer.text[item.start : item.end] == item.text for item in answer.entities)
    assert answer.to_dict() == find_task("joint").show(SAID, GRAPH)
    assert answer["entities"][1]["text"] == "Bergen"
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
    assert [token["label"] for token in spans["tokens"]] == ["B-Person", "O"]
    plain = answer_of("tag", item, Tags(("NOUN", "VERB")))
    assert plain.entities == (Entity("Mira", 0, 4, "NOUN"), Entity("left", 5, 9, "VERB"))
    assert repr(plain) == "Mira left\n  NOUN: Mira\n  VERB: left"


def test_labels_intents_marked_spans_and_rewrites() -> None:
    pair = answer_of("classify", TextPair(text("It rains ."), text("It is wet .")), Label(("follows",), (0.8,)))
    assert (pair.text, pair.labels) == ("It rains .\nIt is wet .", (Named("follows", 0.8),))
    assert [(row["kind"], row["label"], row["score"]) for row in pair.rows()] == [("label", "follows", 0.8)]
    request = answer_of("intent_slot", text("wake Mira"), Frame(Label(("wake",)), Tags(("O", "B-who"))))
    assert (request.labels, request.entities) == ((Named("wake"),), (Entity("Mira", 5, 9, "who"),))
    head, tail = Span(0, 1, ""), Span(2, 3, "")
    marked = MarkedText(text("Rain woke Mira ."), head, tail)
    related = answer_of("relation", marked, Relation(head, tail, "Cause", 0.5))
    assert repr(related).splitlines()[-1] == "  Rain -> Cause -> Mira  0.50"
    said = answer_of("rewrite", Dialogue((text("Kites?"), text("Red?"))), Rewrite("Red kites?", 0.5))
    assert said["rewrite"] == "Red kites?"
    assert said.text.splitlines()[-1] == "→ Red kites?"
    assert repr(answer_of("language_model", text("Row on"), Surprisal((1.0, 2.5)))).startswith("Row on\n  3.5 bits")


@pytest.mark.parametrize("name", task_names())
def test_every_task_has_answers_that_stand_in_their_text(name: str) -> None:
    task = find_task(name)
    (sample,) = (FOLDER / name).glob("sample.*")
    for example in task.read(sample, DataConfig()):
        answer = Answer(task.show(example.input, example.gold), example.gold)
        assert all(answer.text[item.start : item.end] == item.text for item in answer.entities)
        assert all(link.head in answer.entities and link.tail in answer.entities for link in answer.relations)
        assert len(answer.rows()) == len(answer.entities) + len(answer.relations) + len(answer.labels)
        assert repr(answer).startswith(answer.text)


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

"""Intents and slots on a terminal and on a page."""

from __future__ import annotations

import io

from rich.console import Console

from spanloom.answers.frame import Frame, draw, frame_to_dict
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.inputs import Text
from spanloom.metrics.frames import frame_scorecard
from spanloom.text.words import tokenize
from spanloom.write.html import comparison_items, prediction_page, scorecard_page
from spanloom.write.tables import print_answer
from tests.tasks.requests import request

SENTENCE = "fly to New [Ulm] at <b>noon</b>"
TEXT = Text(SENTENCE, tokenize(SENTENCE))
SLOTS = ("O", "O", "B-city", *("I-city",) * 3, *("O",) * (len(TEXT.tokens) - 6))
ANSWER = Frame(Label(("[bold]Fly#Ask",), (0.75,)), Tags(SLOTS, (0.5,) * len(SLOTS)), 0.9712, True)


def printed(text: Text, answer: Frame) -> list[list[str]]:
    screen = Console(file=io.StringIO(), width=80)
    print_answer(answer, frame_to_dict(text, answer), screen)
    return [line.split() for line in screen.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_request_prints_its_intent_its_slots_and_whether_it_was_rejected() -> None:
    lines = printed(TEXT, ANSWER)
    assert ["[bold]Fly#Ask", "0.75", "out", "of", "scope", "0.97", "rejected"] in lines
    assert ["city", "New", "[Ulm]", "0.50"] in lines
    calm = printed(TEXT, Frame(Label(("Fly",), (0.5,)), Tags(("O",) * len(SLOTS)), 0.0000123))
    assert ["Fly", "0.50", "out", "of", "scope", "1.2e-05"] in calm
    assert ["no", "slots"] in calm
    assert ["no", "intent"] in printed(Text("", ()), Frame())


def test_a_page_shows_the_same() -> None:
    page = "".join(prediction_page([frame_to_dict(TEXT, ANSWER), frame_to_dict(Text("", ()), Frame())], draw=draw))
    assert "[bold]Fly#Ask 0.75" in page
    assert 'data-l="city"' in page
    assert '<span class="scope rejected">out of scope 0.97 · rejected</span>' in page
    assert "<b>noon" not in page
    assert page.count('class="scope') == 1


def test_gold_stands_beside_what_was_predicted() -> None:
    examples = [request("fly to Bern", "Fly", "O O B-city"), request("when", "Ask", "O", 2)]
    answers = [Frame(Label(("Fly",)), Tags(("O", "O", "O")), 0.1), Frame(Label(("Fly",)), Tags(("O",)), 0.9, True)]
    card = frame_scorecard(examples, answers, None, {"threshold": 0.5})
    page = "".join(scorecard_page(card, comparison_items(examples, answers, frame_to_dict), draw=draw))
    assert "Rejected as out of scope (above 0.5): 1, 0 of them with the right intent." in page
    assert page.count("1 missed or spurious") == 1  # the slot
    assert page.count("2 missed or spurious") == 1  # the intent, on both sides
    assert "sentence" in page

"""What a user is told of inputs that were not read at once and whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spanloom.answers.graph import Graph
from spanloom.core import Example, Row
from spanloom.inputs import TextPair
from spanloom.predict.reading import Reading
from tests.predict.stand_in import StandIn
from tests.run.tiny_task import TASK, WORDS, TinyCodec, prepare


def test_nothing_is_said_where_everything_was_read_at_once_and_whole() -> None:
    assert Reading(inputs=240, limit="200 words").sentences() == []


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"windowed": 2, "windows": 7},
            "2 of 240 texts were longer than the 200 words that this model reads at once: read in 7 windows.",
        ),
        (
            {"windowed": 1, "windows": 1007, "limit": "150 words or 1 sentence"},
            "1 of 240 texts was longer than the 150 words or 1 sentence that this model reads at once: read in 1,007 "
            "windows.",
        ),
        (
            {"shortened": 3, "words": 45},
            "3 of 240 inputs were longer than the 200 words that this model reads at once: 45 words were cut off.",
        ),
        (
            {"shortened": 1, "words": 1, "limit": ""},
            "1 of 240 inputs was longer than what this model reads at once: 1 word was cut off.",
        ),
        (
            {"crowded": 1, "pieces": 37},
            "Long words gave up 37 wordpieces in 1 window that had more than the encoder takes.",
        ),
        ({"recalled": 44}, "44 recalled pairs of names were left out, those farthest apart."),
        ({"dropped": 1}, "1 of the least sure findings was left out of their windows."),
    ],
)
def test_each_kind_of_cut_is_one_sentence(counts: dict[str, Any], said: str) -> None:
    assert Reading(**{"inputs": 240, "limit": "200 words", **counts}).sentences() == [said]


def test_the_counts_survive_as_plain_values() -> None:
    reading = Reading(inputs=3, limit="6 words", windowed=1, windows=4, dropped=2)
    reading.add_again({"pairs": 2, "found": 0}, lambda counts: [f"{counts['pairs']} pairs."])
    plain = json.loads(json.dumps(reading.to_dict()))
    assert {name: number for name, number in plain.items() if number} == {
        "limit": "6 words",
        "inputs": 3,
        "windowed": 1,
        "windows": 4,
        "dropped": 2,
        "pairs": 2,
        "said": reading.sentences(),
    }


def test_what_a_task_had_read_again_is_added_up_and_said_in_its_own_words() -> None:
    def say(counts: Mapping[str, int]) -> list[str]:
        return [f"{counts['pairs']} pairs, {counts['found']} found."]

    whole, part = Reading(inputs=1), Reading(inputs=2)
    part.add_again({"pairs": 2, "found": 0}, say)
    part.add_again({"pairs": 3, "found": 4}, say)
    whole.add(part)
    whole.add(Reading(inputs=1))
    assert (whole.inputs, whole.again) == (4, {"pairs": 5, "found": 4})
    assert whole.sentences() == ["5 pairs, 4 found."]


class Cutting(TinyCodec):
    """Reads six words of each text of a pair, and says what it leaves out."""

    texts = 2

    def encode(self, example: Example) -> Row:
        over = [max(0, len(text.tokens) - self.max_words) for text in (example.input.first, example.input.second)]
        cut = {"words": sum(over)} if any(over) else {}
        return Row({"words": np.array([1])}, {}, 1, 1, cut=cut | {"pieces": 2, "recalled": 5})


def test_what_rows_and_answers_leave_out_is_counted_while_predicting() -> None:
    predictor = StandIn(TASK, Cutting(WORDS), lambda rows: [Graph(dropped=7) for _ in rows], Path("nowhere"))
    pair = TextPair(prepare("the " * 8), prepare("the " * 7))
    reading = Reading()
    assert (
        list(predictor.predict_inputs([pair, TextPair(prepare("Ada"), prepare("Bo")), pair], reading)) == [Graph()] * 3
    )
    counts = {"shortened": 2, "words": 6, "crowded": 3, "pieces": 6, "recalled": 15, "dropped": 21}
    assert reading == Reading(inputs=3, limit="6 words", **counts)

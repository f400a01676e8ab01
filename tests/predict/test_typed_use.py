"""What a checker of types knows of a predictor's answers: mypy reads this file too, see `files` in pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

from spanloom import Answer, GraphAnswer, Predictor, SpanloomError, load
from spanloom.answers.graph import Graph
from spanloom.answers.parts.answer import Entity

SENTENCE = "Ada Lovelace lived in London."


def test_a_predictor_of_graphs_gives_graphs_that_know_their_text() -> None:
    predictor: Predictor[GraphAnswer] = load(threads=1)
    answer = assert_type(predictor(SENTENCE), GraphAnswer)
    assert assert_type(answer.relations[0].head, Entity).text == "Ada Lovelace"
    assert assert_type(answer.value, Graph).spans[0].end == 2
    assert assert_type(predictor([SENTENCE]), list[GraphAnswer]) == [answer]
    stream = assert_type(predictor.predict([SENTENCE]), Iterator[GraphAnswer])
    assert next(stream) == answer
    outcomes = assert_type(predictor.predict([SENTENCE], errors="return"), Iterator[GraphAnswer | SpanloomError])
    assert isinstance(next(outcomes), GraphAnswer)


def test_a_predictor_of_graphs_is_one_of_answers() -> None:
    def ask(predictor: Predictor[Answer[Graph]]) -> Answer[Graph]:
        return predictor(SENTENCE)

    typed: Predictor[GraphAnswer] = load(threads=1)
    assert ask(typed).text == SENTENCE

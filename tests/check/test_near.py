"""Texts that are nearly the same, by the runs of three words that they share."""

from __future__ import annotations

from spanloom.check.near import Chosen, runs_of
from spanloom.inputs import Text, TextPair
from spanloom.text.words import tokenize


def text(words: str) -> Text:
    return Text(words, tokenize(words))


def test_runs_are_of_three_words_and_a_short_text_is_its_own() -> None:
    assert runs_of(text("Ada met Bo twice")) == {("ada", "met", "bo"), ("met", "bo", "twice")}
    assert runs_of(text("Ada met")) == {("ada", "met")}
    assert runs_of(TextPair(text("Ada"), text("Bo"))) == {("ada",), ("bo",)}


def test_how_alike_two_texts_are_is_jaccard_of_their_runs() -> None:
    chosen = Chosen([text("a b c d e")])  # abc bcd cde
    assert chosen.alike(text("A b c d x")) == 2 / 4  # abc bcd, of abc bcd cde cdx
    assert chosen.alike(text("x y z")) == 0
    assert Chosen().alike(text("x y z")) == 0


def test_one_that_is_nearly_the_same_is_not_taken() -> None:
    chosen = Chosen()
    assert chosen.add(text("The train to Ulm leaves at nine ."))
    assert not chosen.add(text("the train to Ulm leaves at ten ."))
    assert chosen.add(text("No train leaves at nine on Sundays ."))
    assert not chosen.add(text("No train leaves at nine on Sundays"))

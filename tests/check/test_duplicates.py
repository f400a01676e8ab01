"""Examples that come again, on a few lines counted by hand."""

from __future__ import annotations

from spanloom.answers.label import Label
from spanloom.check.duplicates import CONTRADICTORY, DUPLICATE, LEAKED, leaked, repeated
from spanloom.core import Example, Source
from spanloom.inputs import Text
from spanloom.text.words import tokenize


def example(line: int, text: str, name: str, path: str = "a.csv") -> Example:
    return Example(Text(text, tokenize(text)), Label((name,)), Source(path, line))


def text_of(example: Example) -> str:
    text: str = example.input.text
    return text.casefold()


def gold_of(example: Example) -> object:
    return example.gold


TRAIN = [example(1, "Good tea", "yes"), example(2, "Bad tea", "no"), example(3, "good tea", "yes")]


def test_every_later_example_is_compared_with_the_first_of_its_input() -> None:
    examples = [*TRAIN, example(4, "GOOD tea", "no"), example(5, "Good tea", "yes")]
    assert repeated(examples, text_of, gold_of) == {
        DUPLICATE: {
            "count": 2,
            "first": ["a.csv:3: the input of a.csv:1 again", "a.csv:5: the input of a.csv:1 again"],
        },
        CONTRADICTORY: {"count": 1, "first": ["a.csv:4: the input of a.csv:1 again"]},
    }
    assert repeated(TRAIN[:2], text_of, gold_of) == {}


def test_dev_examples_that_training_has_whatever_their_gold() -> None:
    dev = [example(1, "bad TEA", "yes", "b.csv"), example(2, "No tea", "no", "b.csv"), example(3, "Bad tea", "no")]
    first = [
        "b.csv:1: the input of a.csv:2 in train, white space and case aside",
        "a.csv:3: the input of a.csv:2 in train",
    ]
    assert leaked(TRAIN, dev) == {LEAKED: {"count": 2, "first": first}}
    assert leaked(TRAIN, dev[1:2]) == {}

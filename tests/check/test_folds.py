"""Folds that hold like texts together, the same whatever the order of the data."""

from __future__ import annotations

import pytest

from spanloom.check.folds import assign
from spanloom.core import Example, Source
from spanloom.errors import ConfigError
from spanloom.inputs import Text, TextPair
from spanloom.text.words import tokenize


def text(words: str) -> Text:
    return Text(words, tokenize(words))


def examples(*texts: str) -> list[Example]:
    return [Example(text(each), source=Source("a.jsonl", line)) for line, each in enumerate(texts, 1)]


def test_equal_texts_are_in_one_fold_and_folds_are_of_one_size() -> None:
    data = examples(
        *(f"Sentence {number // 3} ." if number % 3 else f"sentence  {number // 3}." for number in range(60))
    )
    folds = assign(data, 4, seed=0)
    assert all(len({*folds[start : start + 3]}) == 1 for start in range(0, 60, 3))
    assert sorted(folds.count(fold) for fold in range(4)) == [15] * 4


def test_folds_go_by_the_texts_and_the_seed_and_not_by_the_order() -> None:
    data = examples(*(f"Number {number} ." for number in range(40)))
    folds = assign(data, 3, seed=5)
    backwards = assign(data[::-1], 3, seed=5)
    together = {frozenset(at for at, fold in enumerate(folds) if fold == each) for each in range(3)}
    assert together == {frozenset(39 - at for at, fold in enumerate(backwards) if fold == each) for each in range(3)}
    assert assign(data, 3, seed=6) != folds


def test_a_document_stays_whole_and_a_heading_that_all_have_joins_none() -> None:
    data = examples(*("Sports" if number % 2 else f"Text {number}." for number in range(20)), "one .", "One  .")
    documents = [*(str(number // 2) for number in range(20)), None, None]
    folds = assign(data, 5, 0, documents)
    assert all(folds[number] == folds[number + 1] for number in range(0, 22, 2))
    assert sorted(folds.count(fold) for fold in range(5)) == [4, 4, 4, 4, 6]


def test_pairs_go_by_both_of_their_texts() -> None:
    pairs = [Example(TextPair(text("Same ."), text(f"Other {number} ."))) for number in range(4)]
    assert sorted(assign(pairs, 4, 0)) == [0, 1, 2, 3]


def test_more_folds_than_texts_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"--folds: is 3, and the data have 2 texts apart from one another"):
        assign(examples("One .", "Two .", "one ."), 3, 0)

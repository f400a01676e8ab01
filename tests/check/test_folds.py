"""Folds that hold like texts together, the same whatever the order of the data."""

from __future__ import annotations

import pytest

from spanloom.check.folds import assign, groups_of
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


def test_a_file_is_a_document_where_there_are_many_and_what_is_shared_joins_two() -> None:
    many = [Example(text(f"Text {number}."), source=Source(f"{number // 2}.ann", 1)) for number in range(20)]
    assert groups_of(many, 2) == [number // 2 * 2 for number in range(20)]
    joined = [*many, Example(text("text 0."), source=Source("9.ann", 1))]  # the text of file 0, in file 9
    assert groups_of(joined, 2)[18:] == [0, 0, 0]
    few = [Example(text(f"Text {number}."), source=Source(f"{number % 2}.txt", 1)) for number in range(20)]
    assert groups_of(few, 2) == list(range(20))


def test_pairs_go_by_both_of_their_texts() -> None:
    pairs = [Example(TextPair(text("Same ."), text(f"Other {number} ."))) for number in range(4)]
    assert len({*groups_of(pairs, 2)}) == 4


def test_more_folds_than_texts_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"--folds: is 3, and the data have 2 different texts"):
        assign(examples("One .", "Two .", "one ."), 3, 0)

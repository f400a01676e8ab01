"""Alignment against an exhaustive search over all edits, and hand-worked examples."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest

from spanloom.text.edits import (
    ADDED_WORDS,
    MANY_INSERTIONS,
    MOVED_WORDS,
    NOT_WRITTEN,
    START_SPAN,
    TOKEN,
    Alignment,
    align,
    cause,
    common,
    longest_runs,
    new_parts,
    places,
)


def written(utterance: Sequence[str], rewrite: Sequence[str], alignment: Alignment) -> list[str]:
    """What the edits write."""
    out: list[str] = []
    for gap in range(len(utterance) + 1):
        for at, start, end in alignment.insertions:
            if at == gap:
                out += rewrite[start:end]
        if gap < len(utterance) and not alignment.deleted[gap]:
            out.append(utterance[gap])
    return out


def spans(context: Sequence[Sequence[str]]) -> set[tuple[str, ...]]:
    return {tuple(turn[i:j]) for turn in context for i in range(len(turn)) for j in range(i + 1, len(turn) + 1)}


def all_costs(
    utterance: Sequence[str], context: Sequence[Sequence[str]], most: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    """What every choice of deletions and of at most `most` insertions writes, and its cost."""
    gaps = range(len(utterance) + 1)
    for count in range(most + 1):
        for chosen in itertools.product(itertools.product(gaps, sorted(spans(context))), repeat=count):
            if list(chosen) != sorted(chosen, key=lambda item: item[0]):
                continue
            for deleted in itertools.product((False, True), repeat=len(utterance)):
                out: list[str] = []
                for gap in gaps:
                    for at, words in chosen:
                        out += words if at == gap else ()
                    if gap < len(utterance) and not deleted[gap]:
                        out.append(utterance[gap])
                cost = sum(START_SPAN + TOKEN * len(words) for _, words in chosen) + TOKEN * sum(deleted)
                yield tuple(out), cost


@pytest.mark.parametrize("seed", range(6))
def test_the_edits_are_the_cheapest_of_all(seed: int) -> None:
    draw = random.Random(seed)
    utterance, *context = (draw.choices("abcd", k=size) for size in (3, 3, 2))
    cheapest: dict[tuple[str, ...], int] = {}
    for text, cost in all_costs(utterance, context, 2):
        cheapest[text] = min(cost, cheapest.get(text, cost))
    for _ in range(60):
        rewrite = draw.choices("abcd", k=draw.randrange(5)) if draw.random() < 0.5 else draw.choice(sorted(cheapest))
        found = align(utterance, context, rewrite, 2)
        expressed = tuple(rewrite) in cheapest
        assert (found.unwritten == ()) == expressed
        assert written(utterance, rewrite, found) == [
            word for number, word in enumerate(rewrite) if number not in found.unwritten
        ]
        assert (cause(utterance, context, rewrite, found) == "") == expressed
        if expressed:
            cost = sum(START_SPAN + TOKEN * (end - start) for _, start, end in found.insertions)
            assert cost + TOKEN * sum(found.deleted) == cheapest[tuple(rewrite)]
        else:  # the longest part of it that can be written
            parts = itertools.chain.from_iterable(
                itertools.combinations(rewrite, size) for size in range(len(rewrite), -1, -1)
            )
            longest = next(len(part) for part in parts if part in cheapest)
            assert len(rewrite) - len(found.unwritten) == longest
    assert max(cheapest.values()) < NOT_WRITTEN


def test_a_noun_in_place_of_its_pronoun() -> None:
    utterance, context, rewrite = (
        ["where", "is", "it", "?"],
        [["the", "old", "mill"]],
        ["where", "is", "the", "old", "mill", "?"],
    )
    assert align(utterance, context, rewrite, 1) == Alignment((False, False, True, False), ((2, 2, 5),))


@pytest.mark.parametrize(
    ("rewrite", "most", "why"),
    [
        ("where is the mill", 1, ""),
        ("where is the new mill", 1, ADDED_WORDS),
        ("is where the mill", 1, MOVED_WORDS),
        ("mill where is the mill", 1, MANY_INSERTIONS),
        ("mill where is the mill", 2, ""),
    ],
)
def test_why_edits_do_not_write_a_text(rewrite: str, most: int, why: str) -> None:
    utterance, context = ["where", "is", "it"], [["the", "mill"]]
    found = align(utterance, context, rewrite.split(), most)
    assert cause(utterance, context, rewrite.split(), found) == why


def test_nothing_of_anything() -> None:
    assert align([], [], [], 2) == Alignment((), ())
    assert align(["a"], [], [], 2) == Alignment((True,), ())
    assert align([], [["a"]], ["a"], 2) == Alignment((), ((0, 0, 1),))
    assert align([], [], ["a"], 2) == Alignment((), (), (0,))


def test_runs_and_places_and_what_is_common() -> None:
    assert longest_runs("abcab", ["ab", "cab"]) == [2, 1, 3, 2, 1]
    assert places("ab", "abcab") == [3, 0]
    assert places("aa", "aaa") == [1, 0]
    assert common("abcd", "axcdb") == [True, False, True, True, False]
    assert common("", "ab") == [False, False]


def test_new_parts_are_characters_of_the_rewrite() -> None:
    rewrite = "where is the old mill ?"
    assert [rewrite[start:end] for start, end in new_parts("where is it ?", rewrite)] == ["the old mill"]
    assert new_parts("它在哪里", "灯塔在哪里") == [(0, 2)]
    assert new_parts("same", "same") == []

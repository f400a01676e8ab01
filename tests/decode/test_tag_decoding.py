"""Nearest-pair decoding of tags: by hand, and against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanloom.decode.tagging import (
    BEGIN,
    END,
    INSIDE,
    SINGLE,
    Argument,
    argument_tags,
    arguments_from_tags,
    greedy_tags,
    nearest_pairs,
    tag_number,
)

MANY = settings(max_examples=80, deadline=None, derandomize=True)
HEAD, TAIL = 0, 1


def tags_of(line: str) -> np.ndarray:
    """`B1h I1h E1h O S0t`: place, relation number, role."""
    numbers = []
    for word in line.split():
        if word == "O":
            numbers.append(0)
        else:
            numbers.append(tag_number(int(word[1]), "ht".index(word[2]), "BIES".index(word[0])))
    return np.array(numbers)


def places(line: str) -> list[tuple[int, int, int, int]]:
    tags = tags_of(line)
    return [argument[:4] for argument in arguments_from_tags(tags, np.ones(len(tags)))]


def pairs(line: str) -> list[tuple[int, int]]:
    """First words of the head and of the tail of each pair."""
    tags = tags_of(line)
    return [(head.start, tail.start) for head, tail in nearest_pairs(arguments_from_tags(tags, np.ones(len(tags))))]


def test_tags_are_numbered_without_a_gap() -> None:
    numbers = [tag_number(relation, role, place) for relation in range(3) for role in range(2) for place in range(4)]
    assert numbers == list(range(1, 25))


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, [SINGLE]), (2, [BEGIN, END]), (3, [BEGIN, INSIDE, END]), (5, [BEGIN, INSIDE, INSIDE, INSIDE, END])],
)
def test_an_argument_is_tagged_from_its_length(length: int, expected: list[int]) -> None:
    assert argument_tags(length, 2, TAIL) == [tag_number(2, TAIL, place) for place in expected]


@MANY
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 2), st.integers(0, 1)), max_size=5))
def test_well_formed_runs_come_back_as_they_were_written(runs: list[tuple[int, int, int, int]]) -> None:
    tags: list[int] = []
    expected = []
    for gap, length, relation, role in runs:
        tags += [0] * gap
        expected.append((len(tags), len(tags) + length, relation, role))
        tags += argument_tags(length, relation, role)
    found = arguments_from_tags(np.array(tags, dtype=np.int64), np.ones(len(tags)))
    assert [argument[:4] for argument in found] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I0h", [(0, 1)]),  # continues nothing
        ("O E0h O", [(1, 2)]),
        ("B0h O", [(0, 1)]),  # never ended
        ("B0h I0h", [(0, 2)]),
        ("B0h B0h E0h", [(0, 1), (1, 3)]),  # begun again
        ("B0h S0h", [(0, 1), (1, 2)]),
        ("S0h E0h", [(0, 1), (1, 2)]),  # a single word is not continued
        ("B0h E0h E0h", [(0, 2), (2, 3)]),
        ("B0h I1h E1h", [(0, 1), (1, 3)]),  # another relation
        ("B0h E0t", [(0, 1), (1, 2)]),  # another role
        ("I0h I0h E0h I0h", [(0, 3), (3, 4)]),
        ("", []),
    ],
)
def test_ill_formed_runs_lose_no_word(line: str, expected: list[tuple[int, int]]) -> None:
    assert [place[:2] for place in places(line)] == expected


@MANY
@given(st.lists(st.integers(0, 16), max_size=12), st.integers(0, 2**16))
def test_any_tags_at_all_are_covered_word_for_word(tags: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).random(len(tags))
    found = arguments_from_tags(np.array(tags, dtype=np.int64), scores)
    covered = [word for argument in found for word in range(argument.start, argument.end)]
    assert covered == [word for word, tag in enumerate(tags) if tag]
    for argument in found:
        inside = tags[argument.start : argument.end]
        assert {(tag - 1) // 4 for tag in inside} == {argument.relation * 2 + argument.role}
        assert argument.score == min(scores[argument.start : argument.end])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("S0h O S0t", [(0, 2)]),
        ("S0t O S0h", [(2, 0)]),  # the tail may stand before the head
        ("S0h S0t S1h O S1t", [(0, 1), (2, 4)]),  # each relation by itself
        ("S0h S0h S0t S0t", [(0, 2), (1, 3)]),  # crossing: the first head takes the nearer tail, whoever was meant
        ("S0t S0h O O S0t S0h", [(1, 0), (5, 4)]),
        ("S0t O S0h O S0t", [(2, 0)]),  # equally near: the left one
        ("B0h I0h E0h O O S0t O O O S0t", [(0, 5)]),  # the gap counts, not the distance of first words
        ("S0t O O B0h I0h E0h O S0t", [(3, 7)]),
        ("S0h O S0h O S0t", [(0, 4)]),  # one tail serves one head
        ("S0h O S1t", []),
        ("S0h", []),
        ("S0t S0t", []),
        ("O O", []),
    ],
)
def test_each_head_takes_the_nearest_free_tail(line: str, expected: list[tuple[int, int]]) -> None:
    assert pairs(line) == expected


@MANY
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1), st.integers(0, 1)), max_size=8), st.data())
def test_pairs_follow_the_definition(runs: list[tuple[int, int, int]], data: st.DataObject) -> None:
    arguments, at = [], 0
    for length, relation, role in runs:
        at += data.draw(st.integers(0, 3))
        arguments.append(Argument(at, at + length, relation, role, 0.5))
        at += length
    free = [argument for argument in arguments if argument.role == TAIL]
    expected = []
    for head in (argument for argument in arguments if argument.role == HEAD):
        own = [tail for tail in free if tail.relation == head.relation]
        ranked = sorted(
            (tail.start - head.end if tail.start > head.start else head.start - tail.end, tail) for tail in own
        )
        if ranked:
            expected.append((head, ranked[0][1]))
            free.remove(ranked[0][1])
    assert nearest_pairs(arguments) == expected


def test_best_tags_and_their_probabilities() -> None:
    logits = np.log(np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])) + 3.0
    tags, probabilities = greedy_tags(logits)
    assert tags.tolist() == [1, 0]
    np.testing.assert_allclose(probabilities, [0.5, 0.7])


def test_huge_logits_do_not_overflow() -> None:
    tags, probabilities = greedy_tags(np.array([[1e4, -1e4], [-1e4, -1e4]], dtype=np.float32))
    assert tags.tolist() == [0, 0]
    np.testing.assert_allclose(probabilities, [1.0, 0.5])
    assert [part.shape for part in greedy_tags(np.zeros((0, 3)))] == [(0,), (0,)]

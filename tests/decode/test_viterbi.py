"""Decoding a chain against every path there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spanloom.core import Array
from spanloom.decode.viterbi import k_best, marginals, viterbi

TAGS, LENGTHS = 3, np.array([2, 4, 1, 4])


def drawn(forbidden: bool, dtype: str = "float64") -> tuple[Array, Array, Array, Array]:
    generator = np.random.default_rng(0)
    emissions = generator.normal(size=(len(LENGTHS), 4, TAGS)).astype(dtype)
    transitions, start, end = (generator.normal(size=shape).astype(dtype) for shape in ((TAGS, TAGS), TAGS, TAGS))
    if forbidden:
        transitions[1, 0] = start[0] = end[2] = -np.inf
    return emissions, transitions, start, end


def ranked(chain: tuple[Array, Array, Array, Array], row: int) -> list[tuple[float, tuple[int, ...]]]:
    """Every allowed path of a sentence with its score, best first."""
    emissions, transitions, start, end = chain
    found = []
    for path in itertools.product(range(TAGS), repeat=int(LENGTHS[row])):
        score = start[path[0]] + end[path[-1]] + sum(emissions[row, t, tag] for t, tag in enumerate(path))
        found.append((float(score + sum(transitions[pair] for pair in itertools.pairwise(path))), path))
    return sorted((item for item in found if item[0] > -np.inf), reverse=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("forbidden", [False, True])
def test_the_best_path_is_the_best_of_all(forbidden: bool, dtype: str) -> None:
    chain = drawn(forbidden, dtype)
    paths, scores = viterbi(*chain, LENGTHS)
    assert scores.dtype == dtype
    for row in range(len(LENGTHS)):
        score, path = ranked(chain, row)[0]
        assert tuple(paths[row].tolist()) == path
        assert scores[row] == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize("forbidden", [False, True])
@pytest.mark.parametrize("count", [1, 4, 100])
def test_the_best_few_are_the_best_few_of_all(forbidden: bool, count: int) -> None:
    chain = drawn(forbidden)
    paths, scores = k_best(*chain, LENGTHS, count)
    for row in range(len(LENGTHS)):
        expected = ranked(chain, row)[:count]
        assert [tuple(path) for path in paths[row].tolist()] == [path for _, path in expected]
        assert scores[row] == pytest.approx([score for score, _ in expected])


@pytest.mark.parametrize("forbidden", [False, True])
def test_marginals_are_sums_over_all_paths(forbidden: bool) -> None:
    chain = drawn(forbidden)
    for row, found in enumerate(marginals(*chain, LENGTHS)):
        expected = np.zeros((LENGTHS[row], TAGS))
        for score, path in ranked(chain, row):
            expected[np.arange(LENGTHS[row]), path] += np.exp(score)
        assert found == pytest.approx(expected / expected.sum(axis=1, keepdims=True), abs=1e-12)


def test_what_stands_behind_a_sentence_is_not_read() -> None:
    emissions, *rest = drawn(False)
    before = viterbi(emissions, *rest, LENGTHS)
    emissions[0, 2:], emissions[2, 1:] = np.nan, np.inf
    after = viterbi(emissions, *rest, LENGTHS)
    assert [path.tolist() for path in after[0]] == [path.tolist() for path in before[0]]
    assert after[1].tolist() == before[1].tolist()


def test_no_sentence_at_all() -> None:
    _, transitions, start, end = drawn(False)
    paths, scores = viterbi(np.zeros((0, 0, TAGS)), transitions, start, end, np.zeros(0, dtype=np.int64))
    assert (paths, scores.shape) == ([], (0,))

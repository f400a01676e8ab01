"""Decoding a chain against every path there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spanloom.core import Array
from spanloom.decode.viterbi import k_best, marginals, of_paths, softmax, viterbi, viterbi_by_rules

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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("forbidden", [False, True])
def test_a_sentence_alone_is_decoded_as_in_company(forbidden: bool, dtype: str) -> None:
    """One sentence goes another way than several."""
    emissions, *chain = drawn(forbidden, dtype)
    paths, scores = viterbi(emissions, *chain, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        [path], [score] = viterbi(emissions[row : row + 1], *chain, LENGTHS[row : row + 1])
        assert path.tolist() == paths[row].tolist()
        assert score == scores[row]
        assert score.dtype == dtype
        assert len(path) == length
        [alone] = marginals(emissions[row : row + 1], *chain, LENGTHS[row : row + 1])
        np.testing.assert_allclose(alone, marginals(emissions, *chain, LENGTHS)[row], rtol=1e-12)


def test_of_equal_paths_the_one_with_the_lowest_tags_wins_alone_too() -> None:
    flat = np.zeros((1, 3, TAGS)), np.zeros((TAGS, TAGS)), np.zeros(TAGS), np.zeros(TAGS)
    assert [path.tolist() for path in viterbi(*flat, np.array([3]))[0]] == [[0, 0, 0]]


@pytest.mark.parametrize("seed", range(3))
def test_paths_that_only_rules_bind_are_those_of_viterbi(seed: int) -> None:
    generator = np.random.default_rng(seed)
    emissions = generator.normal(size=(40, 6, 4))
    lengths = generator.integers(1, 7, size=40)
    transitions, start, end = (np.where(generator.random(shape) < 0.3, -np.inf, 0.0) for shape in ((4, 4), 4, 4))
    transitions[:, 0] = transitions[0] = start[0] = end[0] = 0.0  # so that there is a legal path of any length
    expected, _ = viterbi(emissions, transitions, start, end, lengths)
    found = viterbi_by_rules(emissions, transitions, start, end, lengths)
    assert [path.tolist() for path in found] == [path.tolist() for path in expected]
    best = emissions.argmax(axis=2)
    broken = [path.tolist() != row[: len(path)].tolist() for path, row in zip(found, best, strict=True)]
    assert any(broken)
    assert not all(broken)


def test_how_likely_the_tags_of_a_path_are() -> None:
    probabilities = softmax(np.log(np.array([[[1.0, 3.0], [2.0, 2.0]], [[8.0, 2.0], [5.0, 5.0]]])))
    paths = [np.array([1, 0]), np.array([0])]
    assert [sure.tolist() for sure in of_paths(probabilities, paths)] == [
        pytest.approx([0.75, 0.5]),
        pytest.approx([0.8]),
    ]
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_marginals_under_strict_rules_are_exact_at_any_scale(scale: float) -> None:
    """A tag that must alternate with another is out of reach of the likeliest one, but on the best path in the end."""
    generator = np.random.default_rng(3)
    emissions = scale * generator.normal(size=(2, 4, TAGS))
    transitions = np.array([[-np.inf, 0.0, -np.inf], [0.0, -np.inf, -np.inf], [-np.inf, -np.inf, 0.0]])
    chain = emissions, transitions, np.zeros(TAGS), np.zeros(TAGS)
    lengths = np.array([4, 3])
    for row, (table, path) in enumerate(zip(marginals(*chain, lengths), viterbi(*chain, lengths)[0], strict=True)):
        legal = [
            tags
            for tags in itertools.product(range(TAGS), repeat=int(lengths[row]))
            if all(transitions[pair] == 0 for pair in itertools.pairwise(tags))
        ]
        scores = np.array([sum(emissions[row, t, tag] for t, tag in enumerate(tags)) for tags in legal])
        weights = softmax(scores)
        for t in range(int(lengths[row])):
            expected = [sum(w for tags, w in zip(legal, weights, strict=True) if tags[t] == k) for k in range(TAGS)]
            assert table[t].tolist() == pytest.approx(expected, abs=1e-9)
        if scale > 1:
            assert of_paths([table], [path])[0].tolist() == pytest.approx([1.0] * int(lengths[row]))

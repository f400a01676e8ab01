"""Drawing and beam search against enumeration over a small chain."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spanloom.decode.sampling import beam_search, chances, draw_unit, log_softmax

V = 4
CHAIN = np.random.default_rng(3).normal(size=(V, V)) * 2
FIRST = np.random.default_rng(4).normal(size=V)


def step(units: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A chain whose logits hang on the last unit, and on how many were written, which is its state."""
    return CHAIN[units] + 0.3 * states * np.arange(V), states + 1


def score(units: tuple[int, ...]) -> float:
    total, state = float(log_softmax(FIRST)[units[0]]), np.zeros((1, 1))
    for before, unit in itertools.pairwise(units):
        logits, state = step(np.array([before]), state)
        total += float(log_softmax(logits)[0, unit])
    return total


@pytest.mark.parametrize("length", [1, 2, 4])
def test_with_enough_beams_nothing_is_missed(length: int) -> None:
    best = max(itertools.product(range(V), repeat=length), key=score)
    found, value = beam_search(FIRST, np.zeros(1), step, V**length, length)
    assert tuple(found) == best
    assert value == pytest.approx(score(best))


def test_one_beam_takes_the_likeliest_each_time_and_more_are_never_worse() -> None:
    found, _ = beam_search(FIRST, np.zeros(1), step, 1, 5)
    assert found[0] == FIRST.argmax()
    assert found[1] == CHAIN[found[0]].argmax()
    values = [beam_search(FIRST, np.zeros(1), step, beams, 5)[1] for beams in (1, 4, 64, V**5)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(score(tuple(found)))


def test_what_cannot_come_is_never_written() -> None:
    logits = np.array([-np.inf, 0.0, -np.inf, -1.0])
    found, _ = beam_search(logits, np.zeros(1), lambda units, states: (np.tile(logits, (len(units), 1)), states), 9, 3)
    assert set(found) <= {1, 3}
    assert chances(logits, 0.5, 0.9)[[0, 2]].tolist() == [0.0, 0.0]


def test_temperature_sharpens_and_flattens() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2]))
    np.testing.assert_allclose(chances(logits), [0.5, 0.3, 0.2])
    np.testing.assert_allclose(chances(logits, 0.5), np.array([0.25, 0.09, 0.04]) / 0.38)
    np.testing.assert_allclose(chances(logits, 1e-3), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(chances(logits, 1e6), [1 / 3] * 3, atol=1e-5)


@pytest.mark.parametrize(
    ("top_p", "wanted"),
    [(1.0, [0.2, 0.5, 0.3]), (0.81, [0.2, 0.5, 0.3]), (0.8, [0, 0.625, 0.375]), (0.5, [0, 1, 0]), (1e-9, [0, 1, 0])],
)
def test_the_nucleus_is_the_fewest_that_reach_top_p(top_p: float, wanted: list[float]) -> None:
    probabilities = np.array([0.25, 0.5, 0.25]) if top_p == 0.5 else np.array([0.2, 0.5, 0.3])
    np.testing.assert_allclose(chances(np.log(probabilities), 1.0, top_p), wanted, atol=1e-12)


def test_units_are_drawn_as_often_as_they_are_likely() -> None:
    generator = np.random.default_rng(0)
    probabilities = np.array([0.0, 0.7, 0.3, 0.0])
    counts = np.bincount([draw_unit(probabilities, generator) for _ in range(4000)], minlength=4)
    assert counts[[0, 3]].tolist() == [0, 0]
    assert counts[1] / 4000 == pytest.approx(0.7, abs=0.03)

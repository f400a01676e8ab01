"""The out-of-scope score and its threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanloom.decode.out_of_scope import fit_threshold, strangeness
from spanloom.decode.viterbi import softmax


def test_it_is_the_probability_of_one_more_class_whose_logit_is_always_0() -> None:
    logits = 5 * np.random.default_rng(0).normal(size=(20, 7)).astype(np.float32)
    with_another = np.concatenate([logits, np.zeros((20, 1), np.float32)], axis=1)
    np.testing.assert_allclose(strangeness(logits), softmax(with_another.astype(np.float64))[:, -1], rtol=1e-9)
    np.testing.assert_allclose(strangeness(logits), 1 / (1 + np.exp(logits.astype(np.float64)).sum(axis=1)))


def test_it_stays_a_number_in_0_to_1_however_large_the_logits() -> None:
    found = strangeness(np.array([[1e4, -1e4], [-1e4, -1e4], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [0.0, 1.0, 1 / 3])


def test_it_falls_when_all_classes_fall_together_though_their_probabilities_stay() -> None:
    sure, doubtful = np.array([[6.0, 0.0]]), np.array([[2.0, -4.0]])
    np.testing.assert_allclose(softmax(sure), softmax(doubtful))
    assert strangeness(sure) < strangeness(doubtful)


@given(
    scores=st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]) | st.floats(0, 1), min_size=1, max_size=60),
    share=st.floats(0, 0.99),
)
def test_no_larger_share_is_rejected_and_one_more_would_be_too_many(scores: list[float], share: float) -> None:
    threshold = fit_threshold(scores, share)
    rejected = sum(score > threshold for score in scores)
    assert rejected <= share * len(scores) + 1e-6
    next_one = max(score for score in scores if score <= threshold)
    assert sum(score >= next_one for score in scores) > share * len(scores) - 1e-6


@pytest.mark.parametrize(("share", "threshold"), [(0.0, 0.9), (0.1, 0.85), (0.29, 0.75), (0.3, 0.65), (0.99, 0.05)])
def test_by_hand(share: float, threshold: float) -> None:
    assert fit_threshold([place / 10 for place in range(10)], share) == pytest.approx(threshold)


def test_rounding_decides_about_no_request() -> None:
    scores = [0.1, 0.2, 0.3, 0.3, 0.5]
    for share, above in ((0.2, 1), (0.6, 3), (0.8, 4)):
        threshold = fit_threshold(scores, share)
        for shift in (-1e-3, 0.0, 1e-3):
            assert sum(score + shift > threshold for score in scores) == above
    assert fit_threshold(scores, 0.4) == pytest.approx(0.4)  # two may, but the second stands beside its equal

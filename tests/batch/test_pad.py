from __future__ import annotations

import numpy as np
import pytest

from spanloom.batch.pad import lengths, pad


def test_ragged_rows_are_filled() -> None:
    padded = pad([np.array([1, 2, 3]), np.array([4])], -1)
    assert padded.tolist() == [[1, 2, 3], [4, -1, -1]]


def test_two_ragged_axes_and_a_given_shape() -> None:
    first, second = np.ones((1, 2), np.float32), np.full((2, 1), 5, np.float32)
    assert pad([first, second], 0).tolist() == [[[1, 1], [0, 0]], [[5, 0], [5, 0]]]
    wide = pad([first, second], 0, shape=(2, 3))
    assert wide.shape == (2, 2, 3)
    assert wide.dtype == np.float32
    assert wide.sum() == first.sum() + second.sum()


def test_scalars_and_empty_rows_stack() -> None:
    assert pad([np.array(3), np.array(4)], 0).tolist() == [3, 4]
    assert pad([np.zeros((0, 3), np.int64), np.ones((1, 3), np.int64)], 7).tolist() == [[[7, 7, 7]], [[1, 1, 1]]]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape up to \(3,\) do not fit into \(2,\)"):
        pad([np.zeros(3)], 0, shape=(2,))
    with pytest.raises(ValueError, match=r"2 axes, found \[1, 2\]"):
        pad([np.zeros((1, 1)), np.zeros(1)], 0)
    with pytest.raises(ValueError, match="at least one array"):
        pad([], 0)


def test_lengths() -> None:
    assert lengths([np.zeros(3), np.zeros((0, 2)), np.zeros((5, 1))]).tolist() == [3, 0, 5]

"""The vector file that the benchmark makes is one that spanloom reads."""

from __future__ import annotations

from pathlib import Path

import glove
import numpy as np
import pytest

from spanloom.text.vectors import read_vectors


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    words, vectors = ["the", "Zürich", "线程", "\u00a0"], np.arange(12, dtype=np.float64).reshape(4, 3)
    glove.write_vectors(tmp_path / "v.safetensors", words, vectors)
    back, values = read_vectors(tmp_path / "v.safetensors")
    assert back == words
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, vectors)


def test_words_and_vectors_must_be_as_many(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 words, none with a line feed, must name 1 vectors"):
        glove.write_vectors(tmp_path / "v.safetensors", ["a", "b"], np.zeros((1, 3)))


def test_nearest_is_by_angle_and_leaves_out_the_word_itself() -> None:
    vectors = np.array([[1.0, 0.0], [9.0, 1.0], [0.0, 1.0], [1.0, 1.0]])
    assert glove.nearest("a", ["a", "b", "c", "d"], vectors, 2) == ["b", "d"]

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanloom.text.shapes import SHAPES, word_shape


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("wine", "lower"),
        ("don't", "lower"),
        ("café", "lower"),
        ("Paris", "Title"),
        ("Émile", "Title"),
        ("Jean-luc", "Title"),
        ("NATO", "UPPER"),
        ("U.S.", "UPPER"),
        ("A", "Initial"),
        ("J.", "Initial"),
        ("a", "lower"),
        ("McDonald", "miXed"),
        ("iPhone", "miXed"),
        ("Jean-Luc", "miXed"),
        ("1984", "digits"),
        ("3,500", "digits"),
        ("٣", "digits"),
        ("B52", "digits+letters"),
        ("2nd", "digits+letters"),
        (",", "punctuation"),
        ("--", "punctuation"),
        ("$", "punctuation"),
        ("", "punctuation"),
        ("北", "no case"),
        ("דג", "no case"),
        ("Inc.", "Dotted."),
        ("Ph.D.", "Dotted."),
        ("etc.", "lower"),
    ],
)
def test_the_shape_of_a_word(word: str, shape: str) -> None:
    assert SHAPES[word_shape(word)] == shape


@given(st.text(max_size=6))
def test_every_text_has_a_shape_and_it_is_not_that_of_padding(word: str) -> None:
    assert 0 < word_shape(word) < len(SHAPES)

from __future__ import annotations

import numpy as np

from spanloom.axes import limits_of
from spanloom.text.lookup import LONGEST, WordLookup
from spanloom.text.shapes import word_shape
from spanloom.text.vocab import PAD, Vocabulary


def test_short_words_are_padded_and_long_ones_cut() -> None:
    lookup = WordLookup(Vocabulary(["x", "y"]))
    assert lookup.encode(["xy", "x"])["characters"].tolist() == [[2, 3], [2, PAD]]
    long = lookup.encode(["x" * 1000, "y"])["characters"]
    assert long.shape == (2, LONGEST)
    assert long[1].tolist() == [3] + [PAD] * (LONGEST - 1)


def test_a_sentence_without_words_is_empty() -> None:
    lookup = WordLookup(Vocabulary(["a"]), hashed=8, words=Vocabulary(["a"]))
    assert {name: array.shape for name, array in lookup.encode([]).items()} == {
        "shapes": (0,),
        "words": (0,),
        "hashed": (0, 16),
        "characters": (0, 1),
    }


def test_a_word_seen_again_gives_the_same_numbers_in_arrays_of_their_own() -> None:
    lookup = WordLookup(Vocabulary(["a", "b"]), hashed=8, words=Vocabulary(["ab"]))
    first, again = lookup.encode(["ab", "Ab"]), lookup.encode(["Ab", "c", "ab"])
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name][[2, 0]])
    first["words"][:] = 0  # writable, and nothing else changes
    assert lookup.encode(["ab"])["words"].tolist() == [2]
    assert first["shapes"].tolist() == [word_shape("ab"), word_shape("Ab")]


def test_every_number_is_within_its_limit() -> None:
    lookup = WordLookup(Vocabulary(["a"]), hashed=5, words=Vocabulary(["a"]))
    arrays = lookup.encode([f"{sign}a{number}" for sign in "aB-" for number in range(500)])
    for name, limit in limits_of(lookup.declared()).items():
        assert 0 <= arrays[name].min() <= arrays[name].max() < limit
    assert len(np.unique(arrays["hashed"])) == limits_of(lookup.declared())["hashed"]  # no row is out of reach

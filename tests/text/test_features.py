from __future__ import annotations

import json

import numpy as np
import pytest

from spanloom.text.features import LONGEST, PieceFeatures, WordFeatures, features_from_dict
from spanloom.text.shapes import SHAPES, word_shape
from spanloom.text.vocab import PAD, UNKNOWN, Vocabulary
from tests.text.tiny_tokenizer import NUMBER, PIECES, tiny_tokenizer

SENTENCES = [["Bea", "fed", "Abe"], ["Abe", "fed", "a", "bee"]]


def test_pieces_and_shapes_of_a_sentence() -> None:
    arrays = PieceFeatures(tiny_tokenizer()).encode(["Abcd", "e", "."])
    assert arrays["pieces"].tolist() == [NUMBER[piece] for piece in ("[CLS]", "ab", "##cd", "e", ".", "[SEP]")]
    assert arrays["first"].tolist() == [1, 3, 4]
    assert arrays["last"].tolist() == [2, 3, 4]
    assert [SHAPES[shape] for shape in arrays["shapes"]] == ["Title", "lower", "punctuation"]
    assert (int(arrays["piece_lengths"]), int(arrays["lengths"])) == (6, 3)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


def test_piece_features_come_back_from_their_dict_and_tokenizer() -> None:
    features = PieceFeatures(tiny_tokenizer())
    again = features_from_dict(json.loads(json.dumps(features.to_dict())), features.tokenizer_json())
    assert isinstance(again, PieceFeatures)
    assert again.encode(["abcd"])["pieces"].tolist() == features.encode(["abcd"])["pieces"].tolist()
    assert again.limits() == features.limits() == {"pieces": len(PIECES), "shapes": len(SHAPES)}
    with pytest.raises(ValueError, match="piece features need a tokenizer"):
        features_from_dict(features.to_dict(), None)


def test_pieces_may_come_with_the_characters_of_each_word() -> None:
    features = PieceFeatures(tiny_tokenizer(), Vocabulary(["b", "A"]))
    assert features.encode(["Ab", "b"])["characters"].tolist() == [[3, 2], [2, PAD]]
    again = features_from_dict(json.loads(json.dumps(features.to_dict())), features.tokenizer_json())
    assert again.encode(["Ab"])["characters"].tolist() == [[3, 2]]
    assert again.limits()["characters"] == 4


def test_words_characters_and_shapes_of_a_sentence() -> None:
    features = WordFeatures(Vocabulary(["fed", "Abe"]), Vocabulary(["e", "b", "A"]))
    arrays = features.encode(["Abe", "fed", "Zoe"])
    assert arrays["words"].tolist() == [3, 2, UNKNOWN]
    assert arrays["characters"].tolist() == [[4, 3, 2], [UNKNOWN, 2, UNKNOWN], [UNKNOWN, UNKNOWN, 2]]
    assert arrays["shapes"].tolist() == [word_shape(word) for word in ("Abe", "fed", "Zoe")]
    assert int(arrays["lengths"]) == 3
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


def test_short_words_are_padded_and_long_ones_cut() -> None:
    features = WordFeatures(Vocabulary([]), Vocabulary(["x", "y"]))
    assert features.encode(["xy", "x"])["characters"].tolist() == [[2, 3], [2, PAD]]
    long = features.encode(["x" * 1000, "y"])["characters"]
    assert long.shape == (2, LONGEST)
    assert long[1].tolist() == [3] + [PAD] * (LONGEST - 1)


def test_a_sentence_without_words_is_empty() -> None:
    features = WordFeatures(Vocabulary(["a"]), Vocabulary(["a"]))
    assert {name: array.shape for name, array in features.encode([]).items()} == {
        "words": (0,),
        "characters": (0, 1),
        "shapes": (0,),
        "lengths": (),
    }


def test_fitted_on_training_sentences_with_a_limit() -> None:
    features = WordFeatures.fit(SENTENCES, [], limit=3)
    assert features.words.words == ("Abe", "fed", "Bea")
    assert "f" in features.characters
    assert "B" not in features.characters  # seen once: too little to learn from
    assert features.limits() == {"words": 5, "characters": len(features.characters), "shapes": len(SHAPES)}


def test_words_of_a_vector_file_come_first_and_only_new_ones_are_added() -> None:
    features = WordFeatures.fit(SENTENCES, ["the", "abe", "fed"], limit=0)
    assert features.words.words == ("the", "abe", "fed", "Bea", "a", "bee")
    assert features.words.number("Abe") == features.words.number("abe")


def test_word_features_come_back_from_their_dict() -> None:
    features = WordFeatures.fit(SENTENCES, ["the"], limit=0)
    assert features.tokenizer_json() is None
    again = features_from_dict(json.loads(json.dumps(features.to_dict())), None)
    assert again.to_dict() == features.to_dict()
    for name, array in features.encode(["Abe", "the", "new"]).items():
        np.testing.assert_array_equal(again.encode(["Abe", "the", "new"])[name], array)

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from spanloom.axes import limits_of
from spanloom.encoders import check_encoder, encoder_tables, load_features
from spanloom.encoders.parts.pieces import PieceFeatures
from spanloom.encoders.parts.words import WordFeatures, fit_lookup
from spanloom.encoders.rnn.config import RnnConfig
from spanloom.errors import ConfigError
from spanloom.text.lookup import WordLookup
from spanloom.text.shapes import SHAPES, word_shape
from spanloom.text.vocab import UNKNOWN, Vocabulary
from tests.text.tiny_tokenizer import NUMBER, PIECES, tiny_tokenizer

SENTENCES = [["Bea", "fed", "Abe"], ["Abe", "fed", "a", "bee"]]
NO_CHARACTERS = WordLookup(None)


def fitted(known: Sequence[str], **settings: Any) -> WordFeatures:
    return WordFeatures("rnn", *fit_lookup(SENTENCES, RnnConfig(**settings), known))


def vocabulary(features: WordFeatures) -> tuple[str, ...]:
    assert features.words is not None
    return features.words.words


def test_pieces_and_shapes_of_a_sentence() -> None:
    arrays = PieceFeatures("minilm", tiny_tokenizer(), NO_CHARACTERS).encode(["Abcd", "e", "."])
    assert arrays["pieces"].tolist() == [NUMBER[piece] for piece in ("[CLS]", "ab", "##cd", "e", ".", "[SEP]")]
    assert arrays["first"].tolist() == [1, 3, 4]
    assert arrays["last"].tolist() == [2, 3, 4]
    assert [SHAPES[shape] for shape in arrays["shapes"]] == ["Title", "lower", "punctuation"]
    assert (int(arrays["piece_lengths"]), int(arrays["lengths"])) == (6, 3)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


def test_piece_features_come_back_from_their_dict_and_tokenizer() -> None:
    features = PieceFeatures("minilm", tiny_tokenizer(), NO_CHARACTERS)
    again = load_features(json.loads(json.dumps(features.to_dict())), features.tokenizer_json())
    assert isinstance(again, PieceFeatures)
    assert again.encode(["abcd"])["pieces"].tolist() == features.encode(["abcd"])["pieces"].tolist()
    assert (
        limits_of(again.declared())
        == limits_of(features.declared())
        == {
            "pieces": len(PIECES),
            "shapes": len(SHAPES),
            "types": 2,
        }
    )
    with pytest.raises(ValueError, match="piece features need a tokenizer"):
        load_features(features.to_dict(), None)


def test_pieces_may_come_with_the_characters_of_each_word() -> None:
    features = PieceFeatures("minilm", tiny_tokenizer(), WordLookup(Vocabulary(["b", "A"]), hashed=9))
    assert features.encode(["Ab", "b"])["characters"].tolist() == [[3, 2], [2, 0]]
    again = load_features(json.loads(json.dumps(features.to_dict())), features.tokenizer_json())
    assert again.encode(["Ab"])["characters"].tolist() == [[3, 2]]
    assert again.encode(["Ab"])["hashed"].tolist() == features.encode(["Ab"])["hashed"].tolist()
    assert limits_of(again.declared()) == limits_of(features.declared())


def test_a_table_without_hashed_sub_words_is_as_older_versions_wrote_it() -> None:
    old = {"kind": "minilm", "characters": ["b"], "limit": 512}
    assert sorted(limits_of(load_features(old, tiny_tokenizer()).declared())) == [
        "characters",
        "pieces",
        "shapes",
        "types",
    ]
    words = load_features({"kind": "rnn", "words": ["a"], "characters": ["b"]}, None)
    assert isinstance(words, WordFeatures)
    assert (words.frozen, limits_of(words.declared())["words"]) == (0, 3)


def test_words_characters_and_shapes_of_a_sentence() -> None:
    features = WordFeatures("rnn", WordLookup(Vocabulary(["e", "b", "A"]), words=Vocabulary(["fed", "Abe"])))
    arrays = features.encode(["Abe", "fed", "Zoe"])
    assert arrays["words"].tolist() == [3, 2, UNKNOWN]
    assert arrays["characters"].tolist() == [[4, 3, 2], [UNKNOWN, 2, UNKNOWN], [UNKNOWN, UNKNOWN, 2]]
    assert arrays["shapes"].tolist() == [word_shape(word) for word in ("Abe", "fed", "Zoe")]
    assert int(arrays["lengths"]) == 3
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


def test_fitted_on_training_sentences_with_a_limit() -> None:
    features = fitted([], vocabulary=3)
    assert vocabulary(features) == ("Abe", "fed", "Bea")
    characters = features.lookup.characters
    assert characters is not None
    assert "f" in characters
    assert "B" not in characters  # seen once: too little to learn from
    assert limits_of(features.declared()) == {"words": 5, "characters": len(characters), "shapes": len(SHAPES)}
    assert features.frozen == 0


def test_words_of_a_vector_file_come_first_and_only_new_ones_are_added() -> None:
    features = fitted(["the", "abe", "fed"], vocabulary=0)
    assert vocabulary(features) == ("the", "abe", "fed", "Bea", "a", "bee")
    assert features.words is not None
    assert features.words.number("Abe") == features.words.number("abe")


def test_only_words_that_training_holds_are_trained() -> None:
    features = fitted(["fed", "the", "abe", "of"])
    assert vocabulary(features) == ("the", "of", "fed", "abe", "Bea", "a", "bee")
    assert features.frozen == 2
    frozen = fitted(["fed", "the", "abe", "of"], freeze_vectors=True)
    assert vocabulary(frozen) == ("fed", "the", "abe", "of", "Bea", "a", "bee")
    assert frozen.frozen == 4


def test_rare_words_of_training_are_unknown_unless_a_vector_file_has_them() -> None:
    assert vocabulary(fitted([], min_count=2)) == ("Abe", "fed")
    features = fitted(["the", "bee"], min_count=2)
    assert vocabulary(features) == ("the", "bee", "Abe", "fed")
    assert features.frozen == 2
    with pytest.raises(ConfigError, match=r"model\.encoder\.min_count: is 0; at least 1"):
        check_encoder(RnnConfig(min_count=0))


def test_words_and_characters_are_left_out_where_nothing_reads_them() -> None:
    features = fitted([], word_width=0, char_filters=0, hashed_rows=10)
    assert features.encode(["Abe", "fed"]).keys() == {"shapes", "hashed", "lengths"}
    assert limits_of(features.declared()) == {"shapes": len(SHAPES), "hashed": 25}
    again = load_features(json.loads(json.dumps(features.to_dict())), None)
    assert again.encode(["Abe"])["hashed"].tolist() == features.encode(["Abe"])["hashed"].tolist()
    assert limits_of(again.declared()) == limits_of(features.declared())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hashed_rows": -1}, r"model\.encoder\.hashed_rows: is -1; at least 0"),
        ({"hidden": 0}, r"model\.encoder\.hidden: is 0; at least 1"),
        ({"kind": "cnn", "window": 4}, r"model\.encoder\.window: is 4; an odd number"),
        ({"kind": "cnn", "dilations": (1, 0)}, r"model\.encoder\.dilations: is \[1, 0\]; each at least 1"),
        ({"kind": "cnn", "dilations": ()}, r"model\.encoder\.dilations: is \[\]; one step or more"),
        ({"freeze": "all", "unfreeze_epochs": 2}, r"is 2, but freeze = 'all' trains none"),
        (
            {"kind": "cnn", "word_width": 0, "char_filters": 0, "shape_width": 0},
            r"word_width, char_filters, shape_width and hashed_rows are all 0",
        ),
    ],
)
def test_settings_that_cannot_be_honoured_are_named(settings: dict[str, Any], message: str) -> None:
    kind = settings.get("kind", "minilm")
    with pytest.raises(ConfigError, match=message):
        check_encoder(encoder_tables()[kind](**settings))


def test_word_features_come_back_from_their_dict() -> None:
    features = fitted(["the"], hashed_rows=7)
    assert features.tokenizer_json() is None
    again = load_features(json.loads(json.dumps(features.to_dict())), None)
    assert again.to_dict() == features.to_dict()
    for name, array in features.encode(["Abe", "the", "new"]).items():
        np.testing.assert_array_equal(again.encode(["Abe", "the", "new"])[name], array)

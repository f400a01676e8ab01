"""What an encoder reads of a sentence, as arrays: wordpieces or word numbers, characters, and the words' shapes.

P pieces, T words, C characters a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.config import EncoderConfig
from spanloom.core import Arrays
from spanloom.errors import ConfigError
from spanloom.text.pieces import LONGEST_ROW, PieceTokenizer, read_limit, read_tokenizer
from spanloom.text.pretrained import encoder_folder
from spanloom.text.shapes import SHAPES, word_shape
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import PAD, Vocabulary

LONGEST = 20
"""Characters of a word that are read, C at most."""


class PieceFeatures:
    """For a pretrained encoder: pieces [P], piece_lengths [], first and last [T], shapes [T], lengths [].

    Also characters [T, C] where their vocabulary is given: an uncased encoder knows no case and no spelling.
    """

    kind = "pieces"

    def __init__(self, tokenizer_json: str, characters: Vocabulary | None = None, limit: int = LONGEST_ROW) -> None:
        self.tokenizer = PieceTokenizer(tokenizer_json, limit)
        self.characters = characters

    def encode(self, words: Sequence[str]) -> Arrays:
        pieces = self.tokenizer.encode(words)
        spelled = {} if self.characters is None else {"characters": _characters(words, self.characters)}
        return {
            "pieces": pieces.ids,
            "piece_lengths": np.array(len(pieces.ids)),
            "first": pieces.first,
            "last": pieces.last,
            **spelled,
            "shapes": _shapes(words),
            "lengths": np.array(len(words)),
        }

    def limits(self) -> dict[str, int]:
        spelled = {} if self.characters is None else {"characters": len(self.characters)}
        return {"pieces": self.tokenizer.size, **spelled, "shapes": len(SHAPES)}

    def to_dict(self) -> dict[str, Any]:
        """All but the tokenizer, which is a file of its own, tokenizer.json."""
        characters = None if self.characters is None else list(self.characters.words)
        return {"kind": self.kind, "characters": characters, "limit": self.tokenizer.limit}

    def tokenizer_json(self) -> str | None:
        return self.tokenizer.json


class WordFeatures:
    """For a recurrent encoder: words [T], characters [T, C], shapes [T], lengths []."""

    kind = "words"

    def __init__(self, words: Vocabulary, characters: Vocabulary) -> None:
        self.words = words
        self.characters = characters

    @classmethod
    def fit(cls, sentences: Iterable[Sequence[str]], known: Sequence[str], limit: int) -> WordFeatures:
        """Vocabularies of the training sentences; `known` words, those of a vector file, come first where given."""
        seen = [word for words in sentences for word in words]
        fitted = Vocabulary.fit(seen, limit)
        have = set(known)
        extra = [word for word in fitted.words if word not in have and word.lower() not in have]
        return cls(Vocabulary([*known, *extra] if known else fitted.words), fit_characters(seen))

    def encode(self, words: Sequence[str]) -> Arrays:
        return {
            "words": np.array([self.words.number(word) for word in words], dtype=np.int64),
            "characters": _characters(words, self.characters),
            "shapes": _shapes(words),
            "lengths": np.array(len(words)),
        }

    def limits(self) -> dict[str, int]:
        return {"words": len(self.words), "characters": len(self.characters), "shapes": len(SHAPES)}

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "words": list(self.words.words), "characters": list(self.characters.words)}

    def tokenizer_json(self) -> str | None:
        return None


Features = PieceFeatures | WordFeatures


def fit_features(sentences: Iterable[Sequence[str]], encoder: EncoderConfig, max_words: int) -> Features:
    """The features that an encoder of this kind reads, fitted on the words of the training sentences.

    max_words: of a sentence. Raises ConfigError for a setting that this kind of encoder cannot honour.
    """
    if encoder.kind == "rnn":
        known = read_vectors(encoder.vectors, encoder.vocabulary)[0] if encoder.vectors else []
        return WordFeatures.fit(sentences, known, encoder.vocabulary)
    if encoder.vectors:
        found = f"is set, but an encoder of kind '{encoder.kind}' reads no word vectors"
        raise ConfigError("model.encoder.vectors", found, remedy="Leave it out, or set model.encoder.kind = 'rnn'.")
    characters = fit_characters(word for words in sentences for word in words) if encoder.char_filters else None
    folder = encoder_folder(encoder.kind, encoder.path)
    features = PieceFeatures(read_tokenizer(folder), characters, read_limit(folder))
    room = features.tokenizer.limit - 2
    if max_words > room:
        raise ConfigError("model.max_words", f"{max_words}", f"at most {room} with this encoder", "Lower it.")
    return features


def features_from_dict(table: Mapping[str, Any], tokenizer_json: str | None) -> Features:
    """The features that `to_dict` described. Raises ValueError for pieces without their tokenizer."""
    if table["kind"] == PieceFeatures.kind:
        if tokenizer_json is None:
            raise ValueError("piece features need a tokenizer")
        characters = table["characters"]
        vocabulary = None if characters is None else Vocabulary(characters)
        return PieceFeatures(tokenizer_json, vocabulary, table["limit"])
    return WordFeatures(Vocabulary(table["words"]), Vocabulary(table["characters"]))


def fit_characters(words: Iterable[str]) -> Vocabulary:
    """The characters that stand at least twice in these words."""
    return Vocabulary.fit((character for word in words for character in word), least=2)


def _characters(words: Sequence[str], vocabulary: Vocabulary) -> Any:
    width = min(LONGEST, max(map(len, words), default=1))
    characters = np.full((len(words), width), PAD, dtype=np.int64)  # [T, C]
    for row, word in enumerate(words):
        known = [vocabulary.number(character) for character in word[:width]]
        characters[row, : len(known)] = known
    return characters


def _shapes(words: Sequence[str]) -> Any:
    return np.array([word_shape(word) for word in words], dtype=np.int64)

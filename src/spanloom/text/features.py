"""What an encoder reads of a sentence, as arrays: wordpieces, or word and character numbers, and the words' shapes.

P pieces, T words, C characters a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.core import Arrays
from spanloom.text.pieces import PieceTokenizer
from spanloom.text.shapes import SHAPES, word_shape
from spanloom.text.vocab import PAD, Vocabulary


class PieceFeatures:
    """For a pretrained encoder: pieces [P], piece_lengths [], first and last [T], shapes [T], lengths []."""

    kind = "pieces"

    def __init__(self, tokenizer_json: str) -> None:
        self.tokenizer = PieceTokenizer(tokenizer_json)

    def encode(self, words: Sequence[str]) -> Arrays:
        pieces = self.tokenizer.encode(words)
        return {
            "pieces": pieces.ids,
            "piece_lengths": np.array(len(pieces.ids)),
            "first": pieces.first,
            "last": pieces.last,
            "shapes": _shapes(words),
            "lengths": np.array(len(words)),
        }

    def limits(self) -> dict[str, int]:
        return {"pieces": self.tokenizer.size, "shapes": len(SHAPES)}

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind}  # the tokenizer is a file of its own, tokenizer.json

    def tokenizer_json(self) -> str | None:
        return self.tokenizer.json


class WordFeatures:
    """For a recurrent encoder: words [T], characters [T, C], shapes [T], lengths []. C is `longest` at most."""

    kind = "words"
    longest = 24

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
        return cls(
            Vocabulary([*known, *extra] if known else fitted.words),
            Vocabulary.fit((character for word in seen for character in word), least=2),
        )

    def encode(self, words: Sequence[str]) -> Arrays:
        width = min(self.longest, max(map(len, words), default=1))
        characters = np.full((len(words), width), PAD, dtype=np.int64)  # [T, C]
        for row, word in enumerate(words):
            known = [self.characters.number(character) for character in word[:width]]
            characters[row, : len(known)] = known
        return {
            "words": np.array([self.words.number(word) for word in words], dtype=np.int64),
            "characters": characters,
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


def features_from_dict(table: Mapping[str, Any], tokenizer_json: str | None) -> Features:
    """The features that `to_dict` described. Raises ValueError for pieces without their tokenizer."""
    if table["kind"] == PieceFeatures.kind:
        if tokenizer_json is None:
            raise ValueError("piece features need a tokenizer")
        return PieceFeatures(tokenizer_json)
    return WordFeatures(Vocabulary(table["words"]), Vocabulary(table["characters"]))


def _shapes(words: Sequence[str]) -> Any:
    return np.array([word_shape(word) for word in words], dtype=np.int64)

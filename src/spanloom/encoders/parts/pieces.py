"""What a pretrained encoder over wordpieces reads of a sentence, as arrays. P pieces, T words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spanloom.axes import WORDS, Axis, Declared
from spanloom.core import Array, Arrays
from spanloom.encoders.parts.settings import OfPieces
from spanloom.encoders.parts.words import WordFeatures, fit_lookup, known_words, load_lookup
from spanloom.errors import ConfigError
from spanloom.text.lookup import WordLookup
from spanloom.text.pieces import LONGEST_ROW, ROW_STEP, PieceTokenizer, read_limit, read_tokenizer, with_own_pieces
from spanloom.text.stored import whole
from spanloom.text.tokenizer_json import unspaced

PIECES = Axis("pieces", ROW_STEP)
"""P."""


class PieceFeatures(WordFeatures):
    """Pieces [P], piece_lengths [], first and last [T], lengths [].

    Also what is looked up of the words themselves: an uncased encoder knows no case, and none the spelling. In a row of
    `encode_row` every piece, special ones too, stands for itself, and types [P] tell two texts apart.
    """

    joined = True

    def __init__(
        self, kind: str, tokenizer_json: str, lookup: WordLookup, limit: int = LONGEST_ROW, frozen: int = 0
    ) -> None:
        super().__init__(kind, lookup, frozen)
        self.tokenizer = PieceTokenizer(tokenizer_json, limit)

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        """The arrays of a sentence. cut: where to count the "pieces" that its long words give up."""
        pieces = self.tokenizer.encode(words)
        _count(pieces.cut, cut)
        return {
            "pieces": pieces.ids,
            "piece_lengths": np.array(len(pieces.ids)),
            "first": pieces.first,
            "last": pieces.last,
            **self.lookup.encode(words),
            "lengths": np.array(len(words)),
        }

    def encode_row(
        self,
        texts: Sequence[Sequence[str]],
        beside: Mapping[str, Array] | None = None,
        cut: Counter[str] | None = None,
    ) -> Arrays:
        """What is looked up of a piece is that of its word, of a special one nothing; so is what stands `beside`."""
        row = self.tokenizer.encode_row(texts)
        _count(row.cut, cut)
        place = np.arange(len(row.ids))
        looked_up = self.lookup.encode([word for text in texts for word in text])
        typed = {"types": row.types} if len(texts) > 1 else {}
        return {
            "pieces": row.ids,
            "piece_lengths": np.array(len(row.ids)),
            **typed,
            "first": place,
            "last": place,
            **{name: _with_padding_last(array)[row.words] for name, array in (looked_up | dict(beside or {})).items()},
            "lengths": np.array(len(row.ids)),
        }

    def declared(self) -> dict[str, Declared]:
        return {
            "pieces": Declared((PIECES,), self.tokenizer.size),
            "piece_lengths": Declared(),
            "types": Declared((PIECES,), 2),
            "first": Declared((WORDS,)),
            "last": Declared((WORDS,)),
            **super().declared(),
        }

    def length(self, inputs: Arrays) -> int:
        return int(inputs["piece_lengths"])

    def room(self, texts: int) -> int:
        return self.tokenizer.room(texts)

    def with_words(self, words: Sequence[str]) -> PieceFeatures | None:
        own = with_own_pieces(self.tokenizer.json, words)
        return None if own is None else PieceFeatures(self.kind, own, self.lookup, self.tokenizer.limit, self.frozen)

    def knows(self) -> None:
        """Whatever word there is, its pieces spell it."""

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "limit": self.tokenizer.limit}

    def tokenizer_json(self) -> str:
        return self.tokenizer.json


def fit_pieces(sentences: Iterable[Sequence[str]], config: OfPieces, max_words: int, folder: Path) -> PieceFeatures:
    """The features of the encoder in this folder. Raises ConfigError for more words than it reads at once."""
    lookup, frozen = fit_lookup(sentences, config, known_words(config))
    features = PieceFeatures(config.kind, unspaced(read_tokenizer(folder)), lookup, read_limit(folder), frozen)
    room = features.tokenizer.limit - 2
    if max_words > room:
        raise ConfigError("model.max_words", f"{max_words}", f"at most {room} with this encoder", "Lower it.")
    return features


def load_pieces(table: Mapping[str, Any], tokenizer_json: str | None) -> PieceFeatures:
    """The features that `to_dict` described. Raises ValueError for what is damaged, and without their tokenizer."""
    if tokenizer_json is None:
        raise ValueError("piece features need a tokenizer")
    limit = whole(table, "limit", 1, LONGEST_ROW)
    lookup, frozen = load_lookup(table)
    return PieceFeatures(table["kind"], tokenizer_json, lookup, limit, frozen)


def _count(pieces: int, cut: Counter[str] | None) -> None:
    if pieces and cut is not None:
        cut["pieces"] += pieces


def _with_padding_last(array: Array) -> Array:
    """One more row of padding at the end, [T + 1, ...], where the number -1 finds it."""
    return np.pad(array, [(0, 1), *[(0, 0)] * (array.ndim - 1)])

"""What an encoder reads of a sentence, as arrays: wordpieces or word numbers, what the words look like, and units.

P pieces, T words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.config import EncoderConfig, check_values
from spanloom.core import Array, Arrays
from spanloom.errors import ConfigError
from spanloom.text.language_models import language_model_units, unit_arrays
from spanloom.text.lookup import WordLookup, fit_characters
from spanloom.text.pieces import LONGEST_ROW, PieceTokenizer, read_limit, read_tokenizer
from spanloom.text.pretrained import encoder_folder
from spanloom.text.stored import choice, optional, part, strings, whole
from spanloom.text.units import UnitCodec
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import UNKNOWN, Vocabulary


class PieceFeatures:
    """For a pretrained encoder: pieces [P], piece_lengths [], first and last [T], lengths [].

    Also what is looked up of the words themselves: an uncased encoder knows no case, and none the spelling.
    """

    kind = "pieces"

    def __init__(self, tokenizer_json: str, lookup: WordLookup, limit: int = LONGEST_ROW) -> None:
        self.tokenizer = PieceTokenizer(tokenizer_json, limit)
        self.lookup = lookup

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        """The arrays of a sentence. cut: where to count the "pieces" that its long words give up (see `Row.cut`)."""
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
        """One text, or two, in one row: the arrays of `encode`, where every piece, special ones too, stands for itself.

        Also types [P] where there are two. What is looked up of a piece is that of its word, of a special one nothing.
        beside: arrays [T, ...] of what else is known of the words, 0 for nothing; pieces have them from their words.
        """
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

    def limits(self) -> dict[str, int]:
        return {"pieces": self.tokenizer.size, **self.lookup.limits()}

    def to_dict(self) -> dict[str, Any]:
        """All but the tokenizer, which is a file of its own, tokenizer.json."""
        return {"kind": self.kind, **self.lookup.to_dict(), "limit": self.tokenizer.limit}

    def tokenizer_json(self) -> str | None:
        return self.tokenizer.json


class WordFeatures:
    """For an encoder that starts from words: what is looked up of them, and lengths [].

    frozen: so many words, the first of the vocabulary, have vectors that are never trained. units: of the language
    models that read the sentence too, see `unit_arrays`; None without any.
    """

    kind = "words"

    def __init__(self, lookup: WordLookup, frozen: int = 0, units: UnitCodec | None = None) -> None:
        self.lookup = lookup
        self.frozen = frozen
        self.units = units

    @property
    def words(self) -> Vocabulary | None:
        return self.lookup.words

    @classmethod
    def fit(
        cls,
        sentences: Iterable[Sequence[str]],
        known: Sequence[str],
        encoder: EncoderConfig,
        units: UnitCodec | None = None,
    ) -> WordFeatures:
        """Vocabularies of the training sentences. known: the words of a vector file, which come first.

        Only words that the training data hold can learn from them, so that the file's other words are frozen.
        """
        seen = [word for words in sentences for word in words]
        characters = fit_characters(seen) if encoder.char_filters else None
        if not known and not encoder.word_width:
            return cls(WordLookup(characters, encoder.hashed_rows, affixes=encoder.hashed_affixes), units=units)
        fitted = Vocabulary.fit(seen, encoder.vocabulary, encoder.min_count)
        file = Vocabulary(known)
        trained = set() if encoder.freeze_vectors else {file.number(word) for word in fitted.words}
        frozen = [word for word in known if file.number(word) not in trained]
        extra = [word for word in fitted.words if word not in file and word.lower() not in file]
        learned = [word for word in known if file.number(word) in trained]
        words = Vocabulary([*frozen, *learned, *extra])
        return cls(WordLookup(characters, encoder.hashed_rows, words, encoder.hashed_affixes), len(frozen), units)

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        """The arrays of a sentence, with nothing cut off."""
        read = {} if self.units is None else unit_arrays(self.units, words)
        return {**self.lookup.encode(words), **read, "lengths": np.array(len(words))}

    def limits(self) -> dict[str, int]:
        return {**self.lookup.limits(), **({} if self.units is None else {"units": len(self.units)})}

    def to_dict(self) -> dict[str, Any]:
        words = None if self.words is None else list(self.words.words)
        units = None if self.units is None else self.units.to_dict()
        return {"kind": self.kind, "words": words, "frozen": self.frozen, "units": units, **self.lookup.to_dict()}

    def tokenizer_json(self) -> str | None:
        return None if self.units is None else self.units.reader.tokenizer_json


Features = PieceFeatures | WordFeatures

FROM_WORDS = ("rnn", "cnn", "language_model")
"""The kinds of encoders that start from words."""


def fit_features(sentences: Iterable[Sequence[str]], encoder: EncoderConfig, max_words: int) -> Features:
    """The features that an encoder of this kind reads, fitted on the words of the training sentences.

    max_words: of a sentence. Raises ConfigError for a setting that this kind of encoder cannot honour.
    """
    check_encoder(encoder)
    if encoder.kind in FROM_WORDS:
        known = read_vectors(encoder.vectors, encoder.vocabulary)[0] if encoder.vectors else []
        read = encoder.kind == "language_model"
        return WordFeatures.fit(sentences, known, encoder, language_model_units(encoder) if read else None)
    characters = fit_characters(word for words in sentences for word in words) if encoder.char_filters else None
    folder = encoder_folder(encoder.kind, encoder.path)
    lookup = WordLookup(characters, encoder.hashed_rows, affixes=encoder.hashed_affixes)
    features = PieceFeatures(read_tokenizer(folder), lookup, read_limit(folder))
    room = features.tokenizer.limit - 2
    if max_words > room:
        raise ConfigError("model.max_words", f"{max_words}", f"at most {room} with this encoder", "Lower it.")
    return features


def features_from_dict(table: Mapping[str, Any], tokenizer_json: str | None) -> Features:
    """The features that `to_dict` described. Raises ValueError for pieces without their tokenizer."""
    if choice(table, "kind", (PieceFeatures.kind, WordFeatures.kind)) == PieceFeatures.kind:
        if tokenizer_json is None:
            raise ValueError("piece features need a tokenizer")
        limit = whole(table, "limit", 1, LONGEST_ROW)
        return PieceFeatures(tokenizer_json, WordLookup.from_dict(table), limit)
    names, units = optional(strings, table, "words"), optional(part, table, "units")
    words = None if names is None else Vocabulary(names)
    read = None if units is None else UnitCodec.from_dict(units, tokenizer_json)
    frozen = whole(table, "frozen", 0, len(names or ())) if "frozen" in table else 0
    return WordFeatures(WordLookup.from_dict(table, words), frozen, read)


def known_words(features: Features) -> Callable[[str], bool] | None:
    """Whether a word is in the vocabulary; None where there is none of words."""
    words = features.words if isinstance(features, WordFeatures) else None
    return None if words is None else lambda word: words.number(word) != UNKNOWN


def check_encoder(encoder: EncoderConfig) -> None:
    """Raise ConfigError naming the first setting of an encoder that is out of its range or contradicts another."""
    words, read = encoder.kind in FROM_WORDS, encoder.kind == "language_model"
    check_values(encoder, "model.encoder.")
    if encoder.window % 2 == 0:
        expected = "an odd number: as many words before as after"
        remedy = f"Set model.encoder.window = {encoder.window + 1}."
        raise ConfigError("model.encoder.window", f"is {encoder.window}", expected, remedy)
    if not encoder.dilations:
        raise ConfigError("model.encoder.dilations", "is []", "one step or more", "Set model.encoder.dilations = [1].")
    if encoder.vectors and not words:
        found = f"is set, but an encoder of kind '{encoder.kind}' reads no word vectors"
        raise ConfigError("model.encoder.vectors", found, remedy="Leave it out, or set model.encoder.kind = 'rnn'.")
    if encoder.backward_path is not None and not read:
        found = f"is set, but an encoder of kind '{encoder.kind}' reads no language models"
        remedy = "Leave it out, or set model.encoder.kind = 'language_model'."
        raise ConfigError("model.encoder.backward_path", found, remedy=remedy)
    plain = words and not read
    if encoder.unfreeze_epochs and (plain or encoder.freeze == "all"):
        found = f"is {encoder.unfreeze_epochs}, but " + (
            f"an encoder of kind '{encoder.kind}' has no pretrained layers" if plain else "freeze = 'all' trains none"
        )
        raise ConfigError("model.encoder.unfreeze_epochs", found, remedy="Set it to 0.")
    sizes = encoder.word_width, encoder.char_filters, encoder.shape_width, encoder.hashed_rows
    if plain and not encoder.vectors and not any(sizes):
        raise ConfigError(
            "model.encoder",
            "word_width, char_filters, shape_width and hashed_rows are all 0 and there is no vector file",
            "at least one thing that is read of a word",
            "Set one of them.",
        )


def _count(pieces: int, cut: Counter[str] | None) -> None:
    if pieces and cut is not None:
        cut["pieces"] += pieces


def _with_padding_last(array: Array) -> Array:
    """One more row of padding at the end, [T + 1, ...], where the number -1 finds it."""
    return np.pad(array, [(0, 1), *[(0, 0)] * (array.ndim - 1)])

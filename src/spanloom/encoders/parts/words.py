"""What an encoder that starts from words reads of a sentence, as arrays. T words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.axes import Declared
from spanloom.core import Arrays
from spanloom.encoders.contract import Features
from spanloom.encoders.parts.settings import OfWords
from spanloom.text.lookup import WordLookup, fit_characters
from spanloom.text.stored import optional, strings, whole
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import UNKNOWN, Vocabulary


class WordFeatures(Features):
    """What is looked up of the words, and lengths [].

    frozen: so many words, the first of the vocabulary, have vectors that are never trained.
    """

    def __init__(self, kind: str, lookup: WordLookup, frozen: int = 0) -> None:
        self.kind = kind
        self.lookup = lookup
        self.frozen = frozen

    @property
    def words(self) -> Vocabulary | None:
        return self.lookup.words

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        """The arrays of a sentence, with nothing cut off."""
        return {**self.lookup.encode(words), "lengths": np.array(len(words))}

    def declared(self) -> dict[str, Declared]:
        return {**self.lookup.declared(), "lengths": Declared()}

    def knows(self) -> Callable[[str], bool] | None:
        words = self.words
        return None if words is None else lambda word: words.number(word) != UNKNOWN

    def to_dict(self) -> dict[str, Any]:
        words = None if self.words is None else list(self.words.words)
        return {"kind": self.kind, "words": words, "frozen": self.frozen, **self.lookup.to_dict()}


def fit_words(sentences: Iterable[Sequence[str]], config: OfWords, max_words: int) -> WordFeatures:
    """Features whose vocabularies are those of the training sentences and of the vector file, if there is one."""
    return WordFeatures(config.kind, *fit_lookup(sentences, config, known_words(config)))


def load_words(table: Mapping[str, Any], tokenizer_json: str | None) -> WordFeatures:
    """The features that `to_dict` described. Raises ValueError for what is damaged."""
    return WordFeatures(table["kind"], *load_lookup(table))


def known_words(config: OfWords) -> list[str]:
    """The words of the vector file, none without one."""
    return read_vectors(config.vectors, config.vocabulary)[0] if config.vectors else []


def vector_width(config: OfWords) -> int:
    """The width of the words' vectors: as set, or as the vector file has it."""
    return int(read_vectors(config.vectors, 1)[1].shape[1]) if config.vectors else config.word_width


def fit_lookup(sentences: Iterable[Sequence[str]], config: OfWords, known: Sequence[str]) -> tuple[WordLookup, int]:
    """Vocabularies of the training sentences, and how many of the words, the first, are frozen.

    known: the words of a vector file, which come first. Only words that the training data hold can learn from them, so
    that the file's other words are frozen.
    """
    seen = [word for words in sentences for word in words]
    characters = fit_characters(seen) if config.char_filters else None
    if not known and not config.word_width:
        return WordLookup(characters, config.hashed_rows, affixes=config.hashed_affixes), 0
    fitted = Vocabulary.fit(seen, config.vocabulary, config.min_count)
    file = Vocabulary(known)
    trained = set() if config.freeze_vectors else {file.number(word) for word in fitted.words}
    frozen = [word for word in known if file.number(word) not in trained]
    extra = [word for word in fitted.words if word not in file and word.lower() not in file]
    learned = [word for word in known if file.number(word) in trained]
    words = Vocabulary([*frozen, *learned, *extra])
    return WordLookup(characters, config.hashed_rows, words, config.hashed_affixes), len(frozen)


def load_lookup(table: Mapping[str, Any]) -> tuple[WordLookup, int]:
    """What `WordFeatures.to_dict` said of the lookup, and of how many words are frozen."""
    names = optional(strings, table, "words")
    words = None if names is None else Vocabulary(names)
    frozen = whole(table, "frozen", 0, len(names or ())) if "frozen" in table else 0
    return WordLookup.from_dict(table, words), frozen

"""Numbers of single words: their place in the vocabulary, characters, hashed sub-words and shapes.

T words, C characters a word, A attributes of a word and S hashes of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from spanloom.axes import WORDS, Axis, Declared
from spanloom.core import Arrays
from spanloom.text.hashed import AFFIXES, HASHES, attribute_count, hash_word, table_rows
from spanloom.text.shapes import SHAPES, word_shape
from spanloom.text.stored import optional, strings, whole, wholes
from spanloom.text.vocab import PAD, Vocabulary

LONGEST = 20
"""Characters of a word that are read, C at most."""

CHARACTERS = Axis("characters")
"""C."""

REMEMBERED = 2**14
"""Words whose numbers are kept, as words repeat: some 3 MB, and nearly every word that a newspaper repeats."""


class WordLookup:
    """Sentences to shapes [T] and, where asked for, words [T], hashed [T, AS] and characters [T, C].

    characters, words: their vocabularies, or None. hashed: rows of the table of norms (see `hashed.py`), 0 for none,
    and affixes: the lengths of the prefixes and suffixes that are hashed.
    """

    def __init__(
        self,
        characters: Vocabulary | None,
        hashed: int = 0,
        words: Vocabulary | None = None,
        affixes: Sequence[int] = AFFIXES,
    ) -> None:
        self.characters = characters
        self.hashed = hashed
        self.affixes = tuple(affixes)
        self.words = words
        self._parts: list[tuple[str, int, Callable[[str], Sequence[int]]]] = [
            ("shapes", 1, lambda word: [word_shape(word)])
        ]
        if words is not None:
            self._parts.append(("words", 1, lambda word: [words.number(word)]))
        if hashed:
            self._parts.append(("hashed", self.attributes * HASHES, lambda word: hash_word(word, hashed, self.affixes)))
        if characters is not None:
            self._parts.append(("characters", LONGEST, lambda word: _spell(word, characters)))
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._numbers)

    @property
    def attributes(self) -> int:
        """How many strings of a word are hashed."""
        return attribute_count(self.affixes)

    def encode(self, words: Sequence[str]) -> Arrays:
        width = sum(size for _, size, _ in self._parts)
        numbers = np.frombuffer(b"".join(map(self._remembered, words)), dtype=np.int32).reshape(len(words), width)
        arrays: Arrays = {}
        for name, size, _ in self._parts:
            part, numbers = numbers[:, :size], numbers[:, size:]
            if name == "characters":
                part = part[:, : min(LONGEST, max(map(len, words), default=1))]
            arrays[name] = (part[:, 0] if name in ("shapes", "words") else part).astype(np.int64)
        return arrays

    def _numbers(self, word: str) -> bytes:
        return np.array([number for _, _, read in self._parts for number in read(word)], dtype=np.int32).tobytes()

    def declared(self) -> dict[str, Declared]:
        declared = {"shapes": Declared((WORDS,), len(SHAPES))}
        if self.words is not None:
            declared["words"] = Declared((WORDS,), len(self.words), exact=True)
        if self.hashed:
            rows = table_rows(self.hashed, self.affixes)
            declared["hashed"] = Declared((WORDS, self.attributes * HASHES), rows, exact=True)
        if self.characters is not None:
            declared["characters"] = Declared((WORDS, CHARACTERS), len(self.characters), exact=True)
        return declared

    def to_dict(self) -> dict[str, Any]:
        table: dict[str, Any] = {"characters": None if self.characters is None else list(self.characters.words)}
        return {**table, "hashed": self.hashed, "affixes": list(self.affixes)}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], words: Vocabulary | None = None) -> WordLookup:
        characters = optional(strings, table, "characters")
        affixes = wholes(table, "affixes", 1) if "affixes" in table else AFFIXES
        hashed = whole(table, "hashed") if "hashed" in table else 0
        return cls(None if characters is None else Vocabulary(characters), hashed, words, affixes)


def fit_characters(words: Iterable[str]) -> Vocabulary:
    """The characters that stand at least twice in these words."""
    return Vocabulary.fit((character for word in words for character in word), least=2)


def _spell(word: str, characters: Vocabulary) -> list[int]:
    known = [characters.number(character) for character in word[:LONGEST]]
    return known + [PAD] * (LONGEST - len(known))

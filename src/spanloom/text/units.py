"""Texts to the units that a language model reads one by one (characters, words or wordpieces), and back.

N units, W tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.inputs import Text
from spanloom.text.stored import choice, flag, strings
from spanloom.text.tokenizer_json import parse_tokenizer
from spanloom.text.vocab import PAD, UNKNOWN, Vocabulary

UnitKind = Literal["character", "word", "piece"]

BEGIN = PAD
"""What stands before a text: nothing was read yet."""

NOT_LETTERS = re.compile("[^a-z]+")
LETTERS = re.compile("[a-z]+")


class Units(NamedTuple):
    """names [N]: the units of a text. ends [W]: how many of them stand in each token or before it. characters: of the
    text as it is read.
    """

    names: tuple[str, ...]
    ends: Array
    characters: int


class UnitReader:
    """How texts are cut into units. kind: what they are. normalise: read a-z in lower case and single spaces only.

    A unit between two tokens, a space say, counts to the second; what comes behind the last one counts to that.
    """

    def __init__(self, kind: UnitKind, normalise: bool, tokenizer_json: str | None = None) -> None:
        self.kind = kind
        self.normalise = normalise
        self.tokenizer_json = tokenizer_json
        self._tokenizer = None if tokenizer_json is None else parse_tokenizer(tokenizer_json)[1]

    def read(self, text: Text) -> Units:
        """The units of a text, or of the part that its tokens are of."""
        start, end = stretch_of(text)
        plain, places = text.text[start:end], np.arange(start, end)
        if self.normalise:
            plain, kept = normalised(plain)
            places = places[kept]
        names, begins = self._cut(plain, text, start)
        at = places[begins] if len(begins) else places[:0]
        owners = np.searchsorted([token.end for token in text.tokens], at, side="right")  # [N]
        owners = np.minimum(owners, len(text.tokens) - 1)
        return Units(names, np.searchsorted(owners, np.arange(len(text.tokens)), side="right"), len(plain))

    def _cut(self, plain: str, text: Text, start: int) -> tuple[tuple[str, ...], Array]:
        """The units of a plain text, and where in it each begins."""
        if self.kind == "character":
            return tuple(plain), np.arange(len(plain))
        if self._tokenizer is not None:
            encoding = self._tokenizer.encode(plain, add_special_tokens=False)
            return tuple(encoding.tokens), np.array([first for first, _ in encoding.offsets], dtype=np.int64)
        if self.normalise:
            words = [(match.group(), match.start()) for match in LETTERS.finditer(plain)]
        else:
            words = [(token.text, token.start - start) for token in text.tokens]
        return tuple(word for word, _ in words), np.array([begin for _, begin in words], dtype=np.int64)

    def join(self, names: Sequence[str]) -> str:
        """The text that units make."""
        if self.kind == "character":
            return "".join(names)
        if self._tokenizer is None:
            return " ".join(names)
        numbers = (self._tokenizer.token_to_id(name) for name in names)
        return str(self._tokenizer.decode([number for number in numbers if number is not None]))


def stretch_of(text: Text) -> tuple[int, int]:
    """The characters that a text, or a part of one, is of: its tokens, the space before them, and behind the last."""
    if not text.tokens:
        return 0, len(text.text)
    start, end = text.tokens[0].start, text.tokens[-1].end
    while start and text.text[start - 1].isspace():
        start -= 1
    return start, len(text.text) if not text.text[end:].strip() else end


def normalised(text: str) -> tuple[str, Array]:
    """A text in lower case, whatever is no letter a-z a single space, and where each of its characters stood."""
    lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for gap in NOT_LETTERS.finditer(lower):
        parts += [lower[at : gap.start()], " "]
        places += range(at, gap.start() + 1)
        at = gap.end()
    places += range(at, len(lower))
    return "".join([*parts, lower[at:]]), np.array(places, dtype=np.int64)


class UnitCodec:
    """Texts to numbers: a reader of units and the vocabulary that was fitted on training data."""

    def __init__(self, reader: UnitReader, vocabulary: Vocabulary) -> None:
        self.reader = reader
        self.vocabulary = vocabulary

    @classmethod
    def fit(cls, texts: Iterable[Text], reader: UnitReader, limit: int, least: int) -> UnitCodec:
        """The units seen at least `least` times, the most frequent `limit` of them (0: all)."""
        names = (name for text in texts for name in reader.read(text).names)
        return cls(reader, Vocabulary.fit(names, limit, least))

    def __len__(self) -> int:
        return len(self.vocabulary)

    def number(self, name: str) -> int:
        """A unit's number. An unknown one is unknown: its lower case is another unit."""
        return self.vocabulary.number(name) if name in self.vocabulary else UNKNOWN

    def numbers(self, names: Sequence[str]) -> Array:
        return np.array([self.number(name) for name in names], dtype=np.int64)

    def join(self, numbers: Iterable[int]) -> str:
        """The text of numbers, those of no unit left out."""
        return self.reader.join([self.vocabulary.words[number - 2] for number in numbers if number > UNKNOWN])

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.reader.kind,
            "normalise": self.reader.normalise,
            "units": list(self.vocabulary.words),
        }

    @classmethod
    def from_dict(cls, table: dict[str, Any], tokenizer_json: str | None) -> UnitCodec:
        kind = choice(table, "kind", ("character", "word", "piece"))
        if (kind == "piece") != (tokenizer_json is not None):
            raise ValueError(f"units of kind {kind!r} {'need a' if kind == 'piece' else 'have no'} tokenizer")
        reader = UnitReader(kind, flag(table, "normalise"), tokenizer_json)
        return cls(reader, Vocabulary(strings(table, "units")))

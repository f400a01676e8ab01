"""What the layers above a language model read: what it read itself, and what is looked up of the words.

U units, T words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.axes import WORDS, Axis, Declared
from spanloom.core import Arrays
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.runs import language_model_folders
from spanloom.encoders.parts.words import WordFeatures, fit_lookup, known_words, load_lookup
from spanloom.text.joining import side_by_side, spaces
from spanloom.text.lookup import WordLookup
from spanloom.text.stored import part
from spanloom.text.units import BEGIN, UnitCodec

UNITS = Axis("units", 16)
"""U."""


class ReadFeatures(WordFeatures):
    """What is looked up of the words, and the units of the language models, see `unit_arrays`."""

    def __init__(self, kind: str, units: UnitCodec, lookup: WordLookup, frozen: int = 0) -> None:
        super().__init__(kind, lookup, frozen)
        self.units = units

    def encode(self, words: Sequence[str], cut: Counter[str] | None = None) -> Arrays:
        """The arrays of a sentence, with nothing cut off."""
        return {**self.lookup.encode(words), **unit_arrays(self.units, words), "lengths": np.array(len(words))}

    def declared(self) -> dict[str, Declared]:
        return {**super().declared(), **declared_units(self.units)}

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "units": self.units.to_dict()}

    def tokenizer_json(self) -> str | None:
        return self.units.reader.tokenizer_json


def fit(sentences: Iterable[Sequence[str]], config: LanguageModelEncoderConfig, max_words: int) -> ReadFeatures:
    """Raises ConfigError or CheckpointError for runs that will not do, see `language_model_folders`."""
    units = next(iter(language_model_folders(config).values())).units
    return ReadFeatures(config.kind, units, *fit_lookup(sentences, config, known_words(config)))


def load(table: Mapping[str, Any], tokenizer_json: str | None) -> ReadFeatures:
    """The features that `to_dict` described. Raises ValueError for what is damaged."""
    return ReadFeatures(table["kind"], UnitCodec.from_dict(part(table, "units"), tokenizer_json), *load_lookup(table))


def declared_units(units: UnitCodec) -> dict[str, Declared]:
    """Of the arrays of `unit_arrays`."""
    return {
        "units": Declared((UNITS,), len(units)),
        "unit_lengths": Declared(),
        "first": Declared((WORDS,)),
        "last": Declared((WORDS,)),
    }


def unit_arrays(units: UnitCodec, words: Sequence[str]) -> Arrays:
    """The units of a sentence as a language model reads them: units [U], with BEGIN before the first, unit_lengths [],
    and where in them the first and the last unit of each word stand, first and last [T].

    Between words stands a space or none, as between words of their script. A word without units (punctuation, where
    only letters are read) has its first unit behind its last.
    """
    found = units.reader.read(side_by_side(words, spaces(words)))
    last = np.minimum(found.ends, len(found.names))
    return {
        "units": np.concatenate([[BEGIN], units.numbers(found.names)]).astype(np.int64),
        "unit_lengths": np.array(len(found.names) + 1),
        "first": np.concatenate([[0], last[:-1]]) + 1,
        "last": last,
    }

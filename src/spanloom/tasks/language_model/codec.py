"""Texts to rows of units, each beside the unit that follows it, and what follows to surprisal.

B batch, T units, S numbers of a state. NumPy only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from spanloom.answers.surprisal import Surprisal
from spanloom.axes import Axis, Declared, limits_of
from spanloom.batch.pad import lengths, pad
from spanloom.contracts import Codec
from spanloom.core import Array, Arrays, Batch, Example, Row
from spanloom.encoders.minilm.config import folder as installed
from spanloom.inputs import Text
from spanloom.tasks.language_model.config import LanguageModelConfig, check_settings
from spanloom.text.pieces import read_tokenizer
from spanloom.text.stored import choice, whole
from spanloom.text.units import BEGIN, UnitCodec, UnitReader
from spanloom.text.vocab import UNKNOWN

UNITS = Axis("units")
"""T."""

PARTS = {"lstm": 2, "gru": 1, "rnn": 1}
"""Vectors that the state of a layer is made of."""


class Size(NamedTuple):
    """How much there is to foretell in a text: characters as they are read, units, and those of no known kind."""

    characters: int
    units: int
    unknown: int


class LanguageModelCodec(Codec):
    """What a language model knows besides its weights: its units, the size of its state, and a limit.

    direction: "forward", or "backward" from the end of a text. max_words: a longer text is read through windows when
    predicting; the state behind one is not carried to the next.
    """

    def __init__(self, units: UnitCodec, direction: str, state: int, max_words: int) -> None:
        self.units = units
        self.direction = direction
        self.state = state
        self.max_words: int = max_words

    @classmethod
    def fit(cls, examples: Sequence[Example], config: LanguageModelConfig) -> LanguageModelCodec:
        """Raises ConfigError for settings that contradict each other, CheckpointError where there is no tokenizer."""
        check_settings(config)
        tokenizer = None
        if config.unit == "piece":
            tokenizer = read_tokenizer(config.tokenizer or installed())
        reader = UnitReader(config.unit, config.normalise, tokenizer)
        units = UnitCodec.fit((example.input for example in examples), reader, config.vocabulary, config.least)
        return cls(units, config.direction, config.layers * PARTS[config.cell] * config.hidden, config.max_words)

    def encode(self, example: Example) -> Row:
        """A row that begins with nothing read. Its item says where in it each token, in the order of reading, ends."""
        found = self.units.reader.read(example.input)
        following, ends = self.units.numbers(found.names), found.ends
        if not len(following):  # a text of punctuation alone, normalised, has no word
            following = np.array([UNKNOWN])
        if self.direction == "backward":
            begins = np.concatenate([[0], ends])[: len(ends)]
            following, ends = following[::-1], len(found.names) - begins[::-1]
        return make_row(np.concatenate([[BEGIN], following[:-1]]), following, ends)

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """Nothing: there are no labels."""
        return []

    def require_known(self, example: Example) -> None:
        """Nothing is refused: there are no labels, and what training never had is the unknown unit."""

    def size(self, text: Text) -> Size:
        """What there is to foretell in a text."""
        found = self.units.reader.read(text)
        unknown = int((self.units.numbers(found.names) == UNKNOWN).sum())
        return Size(found.characters, len(found.names), unknown)

    def collate(self, rows: Sequence[Row]) -> Batch:
        """Inputs: tokens and following [B, T], lengths [B], state [B, S], which is that of nothing read."""
        counts = lengths([row.inputs["tokens"] for row in rows])
        width = (max(min(len(rows), 2), int(counts.max())),)  # in a batch no axis is of size 1
        inputs: Arrays = {
            name: pad([row.inputs[name] for row in rows], BEGIN, width) for name in ("tokens", "following")
        }
        inputs |= {"lengths": counts, "state": np.zeros((len(rows), self.state), np.float32)}
        return Batch(inputs, {}, {"units": float(counts.sum())}, tuple(row.item for row in rows))

    def decode(self, outputs: Mapping[str, Array], batch: Batch) -> list[Surprisal]:
        """The bits of each token, from `log_probs` [B, T], natural logarithms of what follows each unit."""
        answers = []
        for log_probs, length, ends in zip(outputs["log_probs"], batch.inputs["lengths"], batch.items, strict=True):
            so_far = np.concatenate([[0.0], np.cumsum(-log_probs[:length], dtype=np.float64)]) / math.log(2)
            bits = np.diff(so_far[np.minimum(ends, length)], prepend=0.0)
            bits = np.maximum(bits if self.direction == "forward" else bits[::-1], 0.0)
            answers.append(Surprisal(tuple(bits.tolist())))
        return answers

    def perfect(self, batch: Batch) -> Arrays:
        return {"log_probs": np.zeros(batch.inputs["tokens"].shape, np.float32)}

    def declared(self) -> dict[str, Declared]:
        units = Declared((UNITS,), len(self.units))
        return {"tokens": units, "following": units, "lengths": Declared(), "state": Declared((self.state,))}

    def limits(self) -> dict[str, int]:
        return limits_of(self.declared())

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        return {"log_probs": (None, None), "next": (None, len(self.units)), "state": (None, self.state)}

    def to_dict(self) -> dict[str, Any]:
        return {**self.units.to_dict(), "direction": self.direction, "state": self.state, "max_words": self.max_words}

    def tokenizer_json(self) -> str | None:
        return self.units.reader.tokenizer_json

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], tokenizer_json: str | None) -> LanguageModelCodec:
        units = UnitCodec.from_dict(dict(table), tokenizer_json)
        direction = choice(table, "direction", ("forward", "backward"))
        return cls(units, direction, whole(table, "state", 1), whole(table, "max_words", 1))


def make_row(tokens: Array, following: Array, ends: Array) -> Row:
    """A row of units and what follows each."""
    inputs = {"tokens": tokens.astype(np.int64), "following": following.astype(np.int64)}
    return Row(inputs, {}, len(tokens), max(len(ends), 1), item=ends)

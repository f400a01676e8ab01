"""The `[model]` table of the nested task."""

from __future__ import annotations

from dataclasses import dataclass, field

from spanloom.config import EncoderConfig
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class NestedConfig:
    """The `[model]` table of the nested task.

    flat: no two answers overlap, and of overlapping gold spans the longest is learnt. max_words: longer sentences are
    cut into windows when predicting, and what is cut off in training is counted. projection: width of the vectors of
    first and last words. reach: the longest span, in words, whose length is told from longer ones.
    """

    flat: bool = False
    max_words: int = 200
    dropout: float = 0.3
    projection: int = 128
    reach: int = 24
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def check_settings(config: NestedConfig) -> None:
    """Raise ConfigError for a number out of range."""
    for name, least in (("max_words", 1), ("projection", 1), ("reach", 0)):
        value = getattr(config, name)
        if value < least:
            raise ConfigError(f"model.{name}", f"is {value}", f"at least {least}", "Change it.")
    if not 0 <= config.dropout < 1:
        raise ConfigError("model.dropout", f"is {config.dropout}", "a part in 0..1, below 1", "Change it.")

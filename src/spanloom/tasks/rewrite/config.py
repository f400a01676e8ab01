"""The `[model]` table of the rewrite task."""

from __future__ import annotations

from dataclasses import dataclass, field

from spanloom.config import EncoderConfig
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class RewriteConfig:
    """The `[model]` table of the rewrite task.

    insertions: how many spans of the context can be inserted into an utterance at most. rank: of the tables that score
    pairs of tokens. max_words: of a dialogue, each turn's end counted as one; what is too much is cut off at the
    beginning of the oldest turn, and counted. turn_width: of the vectors that say which turn a token stands in, and in
    which others it stands too.
    """

    insertions: int = 2
    rank: int = 64
    max_words: int = 200
    turn_width: int = 16
    dropout: float = 0.3
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def check_settings(config: RewriteConfig) -> None:
    """Raise ConfigError for the first number that is out of range."""
    for name, least in (("insertions", 1), ("rank", 1), ("turn_width", 1), ("max_words", 2)):
        if getattr(config, name) < least:
            found = f"is {getattr(config, name)}"
            raise ConfigError(f"model.{name}", found, f"at least {least}", "Change it.")
    if not 0 <= config.dropout < 1:
        raise ConfigError("model.dropout", f"is {config.dropout}", "a part in 0..1, below 1", "Change it.")

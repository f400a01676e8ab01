"""The `[model]` table of the rewrite task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from spanloom.config import setting
from spanloom.config.ranges import FractionBelowOne, Range, Width, WordCountFromTwo
from spanloom.encoders import DEFAULT, EncoderChoice


@dataclass(frozen=True)
class RewriteConfig:
    """How an utterance is completed from its context."""

    insertions: Annotated[int, Range(1, 100)] = setting(
        2, "spans of the context that can be inserted into an utterance at most"
    )
    rank: Width = setting(64, "rank of the tables that score pairs of tokens")
    max_words: WordCountFromTwo = setting(
        200, "of a dialogue, each turn's end counted as one; more is cut off the oldest turn's beginning, and counted"
    )
    turn_width: Width = setting(
        16, "width of the vectors that say which turn a token stands in, and in which others it stands too"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the heads read that is hidden in training")
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")

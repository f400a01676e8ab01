"""The `[model]` table of the rewrite task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from spanloom.config import EncoderConfig
from spanloom.config.ranges import PartBelowOne, Range, TwoWords, Width


@dataclass(frozen=True)
class RewriteConfig:
    """The `[model]` table of the rewrite task.

    insertions: how many spans of the context can be inserted into an utterance at most. rank: of the tables that score
    pairs of tokens. max_words: of a dialogue, each turn's end counted as one; what is too much is cut off at the
    beginning of the oldest turn, and counted. turn_width: of the vectors that say which turn a token stands in, and in
    which others it stands too.
    """

    insertions: Annotated[int, Range(1, 100)] = 2
    rank: Width = 64
    max_words: TwoWords = 200
    turn_width: Width = 16
    dropout: PartBelowOne = 0.3
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

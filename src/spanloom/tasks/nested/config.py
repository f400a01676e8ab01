"""The `[model]` table of the nested task."""

from __future__ import annotations

from dataclasses import dataclass, field

from spanloom.config import EncoderConfig
from spanloom.config.ranges import PartBelowOne, Width, WidthOrNone, Words


@dataclass(frozen=True)
class NestedConfig:
    """The `[model]` table of the nested task.

    flat: no two answers overlap, and of overlapping gold spans the longest is learnt. max_words: longer sentences are
    cut into windows when predicting, and what is cut off in training is counted. projection: width of the vectors of
    first and last words. reach: the longest span, in words, whose length is told from longer ones.
    """

    flat: bool = False
    max_words: Words = 200
    dropout: PartBelowOne = 0.3
    projection: Width = 128
    reach: WidthOrNone = 24
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

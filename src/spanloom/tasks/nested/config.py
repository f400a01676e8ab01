"""The `[model]` table of the nested task."""

from __future__ import annotations

from dataclasses import dataclass

from spanloom.config import setting
from spanloom.config.ranges import FractionBelowOne, Width, WidthOrNone, WordCount
from spanloom.encoders import DEFAULT, EncoderChoice


@dataclass(frozen=True)
class NestedConfig:
    """How spans that may lie inside each other are found."""

    flat: bool = setting(False, "no two answers overlap, and of overlapping gold spans the longest is learned")
    max_words: WordCount = setting(
        200, "longer sentences are cut into windows when predicting; what is cut off in training is counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the head reads that is hidden in training")
    projection: Width = setting(128, "width of the vectors of first and last words")
    reach: WidthOrNone = setting(24, "the longest span, in words, whose length is told from longer ones")
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")

"""The `[model]` table of the joint task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import setting
from spanloom.config.ranges import Amount, FractionBelowOne, Width, WidthOrNone, WordCount
from spanloom.encoders import DEFAULT, EncoderChoice

Scheme = Literal["table", "tagging"]


@dataclass(frozen=True)
class JointConfig:
    """How entities and relations are found together."""

    scheme: Scheme = setting(
        "table", "'table' says overlapping triples; 'tagging' is one tag a word (Zheng et al. 2017)"
    )
    max_words: WordCount = setting(
        200, "longer sentences are cut into windows when predicting; what is cut off in training is counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the heads read that is hidden in training")
    map_dropout: FractionBelowOne = setting(
        0.3, "part of the attention maps that is hidden from the pair tables in training"
    )
    rank: Width = setting(64, "rank of the pair tables")
    projection: Width = setting(192, "width of the vectors of words that the pair tables read")
    reach: WidthOrNone = setting(24, "the longest distance between two words that the pair tables tell apart")
    between: WidthOrNone = setting(64, "features of the text between two words, 0 for none")
    label_width: WidthOrNone = setting(32, "width of the tag embedding that feeds the pair tables, 0 for none")
    recall: bool = setting(
        True,
        "let what training said of two names move the scores of their relations, as far as that was reliable there",
    )
    alpha: Amount = setting(10.0, "weight of entity tags in the loss of the tagging scheme")
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")

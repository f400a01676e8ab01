"""The `[model]` table of the joint task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig
from spanloom.config.ranges import Amount, PartBelowOne, Width, WidthOrNone, Words

Scheme = Literal["table", "tagging"]


@dataclass(frozen=True)
class JointConfig:
    """The `[model]` table of the joint task.

    scheme: "table" says overlapping triples; "tagging" is one tag a word (Zheng et al. 2017). max_words: longer
    sentences are cut into windows when predicting, and what is cut off in training is counted. map_dropout: of the
    attention maps that the pair tables read. rank, projection: of the pair tables. reach: the longest distance between
    two words that they tell apart. between: features of the text between two words, 0 for none. label_width: of the tag
    embedding that feeds the tables, 0 for none. recall: let what training data said of two names move the scores of
    their relations when they meet again, as far as that was reliable in training (see memory.py). alpha: the weight of
    entity tags in the tagging scheme's loss.
    """

    scheme: Scheme = "table"
    max_words: Words = 200
    dropout: PartBelowOne = 0.3
    map_dropout: PartBelowOne = 0.3
    rank: Width = 64
    projection: Width = 192
    reach: WidthOrNone = 24
    between: WidthOrNone = 64
    label_width: WidthOrNone = 32
    recall: bool = True
    alpha: Amount = 10.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

"""The `[model]` table of the nested task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig

Loss = Literal["softmax", "multilabel"]


@dataclass(frozen=True)
class NestedConfig:
    """The `[model]` table of the nested task.

    flat: no two answers overlap, and of overlapping gold spans the longest is learnt. loss: "softmax" chooses one label
    or none for each pair of a first and a last word (Yu et al. 2020), "multilabel" ranks the spans of a sentence, label
    by label, against the threshold 0 (see nn/loss.py). max_words: longer sentences are cut into windows when
    predicting, and what is cut off in training is counted. projection: width of the vectors of first and last words.
    reach: the longest span, in words, whose length is told from longer ones.
    """

    flat: bool = False
    loss: Loss = "softmax"
    max_words: int = 200
    dropout: float = 0.3
    projection: int = 128
    reach: int = 24
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

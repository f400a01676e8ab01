"""The `[model]` table of the classify task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import setting
from spanloom.config.ranges import FractionBelowOne, FractionBetween, Rate, WordCountFromTwo
from spanloom.encoders import DEFAULT, EncoderChoice

PoolingKind = Literal["first", "last", "max", "mean", "attention"]


@dataclass(frozen=True)
class ClassifyConfig:
    """How texts are classified."""

    labels: Literal["auto", "single", "multi"] = setting(
        "auto", "one class an example, any number of them, or what the training data show"
    )
    pooling: PoolingKind = setting(
        "mean",
        "how the vectors of a text become one: the first (of a transformer, its [CLS] piece), the last state "
        "of recurrent layers in each direction, or the max, mean or attention over all (of a transformer, "
        "over pieces)",
    )
    max_words: WordCountFromTwo = setting(
        200, "what an example has beyond so many, both texts of a pair together, is cut off at the ends, and counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the head reads that is hidden in training")
    loss: Literal["cross_entropy", "binary"] = setting(
        "cross_entropy",
        "of single labels: of all classes together, or, with two, of one score that is above 0 for the second",
    )
    threshold: FractionBetween = setting(0.5, "how probable each of the labels that may stand together must be")
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        "'balanced' lets all classes weigh the same in total, however rare, and each of several labels as "
        "much where it holds as where it does not",
    )
    focal_gamma: Rate = setting(0.0, "makes what is already right weigh less (Lin et al. 2017), 0 for the plain loss")
    label_smoothing: FractionBelowOne = setting(0.0, "the part of each target that is spread over all classes")
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")

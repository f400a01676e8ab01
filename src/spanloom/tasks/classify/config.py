"""The `[model]` table of the classify task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import EncoderConfig, setting
from spanloom.config.ranges import PartBelowOne, PartBetween, Rate, TwoWords
from spanloom.errors import ConfigError

Pooling = Literal["first", "last", "max", "mean", "attention"]


@dataclass(frozen=True)
class ClassifyConfig:
    """How texts are classified."""

    labels: Literal["auto", "single", "multi"] = setting(
        "auto", "one class an example, any number of them, or what the training data show"
    )
    pooling: Pooling = setting(
        "mean",
        "how the vectors of a text become one: the first (of a transformer, its [CLS] piece), the last state "
        "of recurrent layers in each direction, or the max, mean or attention over all (of a transformer, "
        "over pieces)",
    )
    max_words: TwoWords = setting(
        200, "what an example has beyond so many, both texts of a pair together, is cut off at the ends, and counted"
    )
    dropout: PartBelowOne = setting(0.3, "part of what the head reads that is hidden in training")
    loss: Literal["cross_entropy", "binary"] = setting(
        "cross_entropy",
        "of single labels: of all classes together, or, with two, of one score that is above 0 for the second",
    )
    threshold: PartBetween = setting(0.5, "how probable each of the labels that may stand together must be")
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        "'balanced' lets all classes weigh the same in total, however rare, and each of several labels as "
        "much where it holds as where it does not",
    )
    focal_gamma: Rate = setting(0.0, "makes what is already right weigh less (Lin et al. 2017), 0 for the plain loss")
    label_smoothing: PartBelowOne = setting(0.0, "the part of each target that is spread over all classes")
    encoder: EncoderConfig = setting(EncoderConfig(), "what reads the text")


def backward_width(config: ClassifyConfig, width: int) -> int:
    """How many of an encoder's `width` dimensions are read from right to left.

    Raises ConfigError where the pooling needs recurrent layers and there are none.
    """
    recurrent = config.encoder.layers > 0 and config.encoder.kind != "cnn"
    if config.pooling == "last" and not recurrent:
        found = "is 'last', but there are no recurrent layers whose last state it could be"
        raise ConfigError("model.pooling", found, remedy="Choose 'first', 'max', 'mean' or 'attention'.")
    return width // 2 if recurrent and config.encoder.direction == "both" else 0

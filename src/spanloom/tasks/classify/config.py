"""The `[model]` table of the classify task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig
from spanloom.config.ranges import PartBelowOne, PartBetween, Rate, TwoWords
from spanloom.errors import ConfigError

Pooling = Literal["first", "last", "max", "mean", "attention"]


@dataclass(frozen=True)
class ClassifyConfig:
    """The `[model]` table of the classify task.

    labels: "single" is one class an example; "multi" any number; "auto" is what the training data show. pooling: how
    the vectors of a text become one: the "first" (of a transformer, its [CLS] piece), the "last" state of recurrent
    layers in each direction, or "max", "mean" or "attention" over all. Of a transformer they are the vectors of pieces.
    max_words: what an example has beyond so many, both texts of a pair together, is cut off at the end of each text, in
    proportion, and counted.

    loss, of single labels: "cross_entropy", or, with two classes, "binary": one score, above 0 for the second. Labels
    that may stand together are always decided one by one. threshold: how probable such a label must be. class_weights:
    "balanced" lets all classes weigh the same in total, however rare, and each label that may stand with others as
    much where it holds as where it does not. focal_gamma: makes what is already right weigh less (Lin et al. 2017), 0
    for the plain loss. label_smoothing: spreads this part of each target over all classes.
    """

    labels: Literal["auto", "single", "multi"] = "auto"
    pooling: Pooling = "mean"
    max_words: TwoWords = 200
    dropout: PartBelowOne = 0.3
    loss: Literal["cross_entropy", "binary"] = "cross_entropy"
    threshold: PartBetween = 0.5
    class_weights: Literal["none", "balanced"] = "none"
    focal_gamma: Rate = 0.0
    label_smoothing: PartBelowOne = 0.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def backward_width(config: ClassifyConfig, width: int) -> int:
    """How many of an encoder's `width` dimensions are read from right to left.

    Raises ConfigError where the pooling needs recurrent layers and there are none.
    """
    recurrent = config.encoder.layers > 0 and config.encoder.kind != "cnn"
    if config.pooling == "last" and not recurrent:
        found = "is 'last', but there are no recurrent layers whose last state it could be"
        raise ConfigError("model.pooling", found, remedy="Choose 'first', 'max', 'mean' or 'attention'.")
    return width // 2 if recurrent and config.encoder.direction == "both" else 0

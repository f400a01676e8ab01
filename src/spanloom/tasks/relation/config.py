"""The `[model]` table of the relation task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig, check_values
from spanloom.config.ranges import PartBelowOne, Rate, TwoWords, WidthOrNone
from spanloom.errors import ConfigError

Part = Literal["starts", "spans", "first", "max", "mean", "attention"]


@dataclass(frozen=True)
class RelationConfig:
    """The `[model]` table of the relation task.

    pooling: which vectors are put side by side to decide from: those of the markers before head and tail ("starts"),
    the mean of the tokens of each ("spans"), and of the whole text the "first" (of a transformer, its [CLS] piece), or
    the "max", "mean" or "attention" over all. Of a transformer they are the vectors of pieces. position_width: of the
    vectors of how far a token is from the head and from the tail, which the layers above the words or pieces read, 0
    for none. projection: of a hidden layer behind the pooling, 0 for none. max_words: of a longer text an excerpt with
    both spans in it is read, and what is left out is counted.

    no_relation: the labels that say that there is none, which the macro score leaves out. class_weights: "balanced"
    lets all relations weigh the same in total, however rare. focal_gamma: makes what is already right weigh less (Lin
    et al. 2017), 0 for the plain loss. label_smoothing: spreads this part of each target over all relations.
    """

    pooling: tuple[Part, ...] = ("starts", "spans")
    position_width: WidthOrNone = 0
    projection: WidthOrNone = 0
    max_words: TwoWords = 200
    dropout: PartBelowOne = 0.3
    no_relation: tuple[str, ...] = ("Other", "no_relation", "NA")
    class_weights: Literal["none", "balanced"] = "none"
    focal_gamma: Rate = 0.0
    label_smoothing: PartBelowOne = 0.0
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def check_settings(config: RelationConfig) -> None:
    """Raise ConfigError for the first setting that is out of range."""
    check_values(config, "model.")
    if not config.pooling or len(set(config.pooling)) < len(config.pooling):
        found = f"is {list(config.pooling)}"
        raise ConfigError("model.pooling", found, "one way or more, each once", 'Write, say, ["starts", "spans"].')

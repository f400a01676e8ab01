"""The `[model]` table of the relation task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import check_values, setting
from spanloom.config.ranges import FractionBelowOne, Rate, WidthOrNone, WordCountFromTwo
from spanloom.encoders import DEFAULT, EncoderChoice
from spanloom.errors import ConfigError

PoolingPart = Literal["starts", "spans", "first", "max", "mean", "attention"]


@dataclass(frozen=True)
class RelationConfig:
    """How the relation of two given spans is told."""

    pooling: tuple[PoolingPart, ...] = setting(
        ("starts", "spans"),
        "vectors put side by side to decide from: of the markers before head and tail, the mean of the tokens "
        "of each; of the whole text the first (of a transformer, its [CLS] piece), or the max, mean or "
        "attention over all",
    )
    position_width: WidthOrNone = setting(
        0, "width of the vectors of how far a token is from head and tail, which the layers above read, 0 for none"
    )
    projection: WidthOrNone = setting(0, "width of a hidden layer behind the pooling, 0 for none")
    max_words: WordCountFromTwo = setting(
        200, "of a longer text an excerpt with both spans in it is read; what is left out is counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the head reads that is hidden in training")
    no_relation: tuple[str, ...] = setting(
        ("Other", "no_relation", "NA"), "labels that say that there is none, which the macro score leaves out"
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none", "'balanced' lets all relations weigh the same in total, however rare"
    )
    focal_gamma: Rate = setting(0.0, "makes what is already right weigh less (Lin et al. 2017), 0 for the plain loss")
    label_smoothing: FractionBelowOne = setting(0.0, "the part of each target that is spread over all relations")
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")


def check_settings(config: RelationConfig) -> None:
    """Raise ConfigError for the first setting that is out of range."""
    check_values(config, "model.")
    if not config.pooling or len(set(config.pooling)) < len(config.pooling):
        found = f"is {list(config.pooling)}"
        raise ConfigError("model.pooling", found, "one way or more, each once", 'Write, say, ["starts", "spans"].')

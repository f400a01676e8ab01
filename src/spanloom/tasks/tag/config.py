"""The `[model]` table of the tag task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig, check_values
from spanloom.config.ranges import PartBelowOne, Rate, Words
from spanloom.errors import ConfigError

Head = Literal["softmax", "crf"]
Scheme = Literal["bio2", "bioes"]


@dataclass(frozen=True)
class TagConfig:
    """The `[model]` table of the tag task.

    head: "crf" scores whole sequences, with a score for each pair of neighbouring tags (Lafferty et al. 2001);
    "softmax" chooses each token's tag by itself, but never what the scheme forbids. scheme: how the model writes spans;
    data and answers are BIO2 either way, and labels that are no spans stay as they are. max_words: longer sentences are
    cut into windows when predicting, and what is cut off in training is counted. confidence: say how sure each tag is,
    which takes a CRF twice as long as finding the tags.

    For softmax alone: focal_gamma makes what is already right weigh less (Lin et al. 2017), 0 for plain cross-entropy;
    label_smoothing spreads this part of each target over all tags; class_weights "balanced" lets all tags weigh the
    same in total, however rare.
    """

    head: Head = "crf"
    scheme: Scheme = "bioes"
    max_words: Words = 200
    dropout: PartBelowOne = 0.3
    confidence: bool = True
    focal_gamma: Rate = 0.0
    label_smoothing: PartBelowOne = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def check_settings(config: TagConfig) -> None:
    """Raise ConfigError for a number out of range, and for a loss that the chosen head does not have."""
    check_values(config, "model.")
    if config.head == "crf":
        plain = TagConfig()
        for name in ("focal_gamma", "label_smoothing", "class_weights"):
            value = getattr(config, name)
            if value != getattr(plain, name):
                found = f"is {value!r}, but a CRF is trained by its likelihood alone"
                raise ConfigError(f"model.{name}", found, remedy="Leave it out, or set model.head = 'softmax'.")

"""The `[model]` table of the tag task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import check_values, setting
from spanloom.config.ranges import FractionBelowOne, Rate, WordCount
from spanloom.encoders import DEFAULT, EncoderChoice
from spanloom.errors import ConfigError

Head = Literal["softmax", "crf"]
Scheme = Literal["bio2", "bioes"]


@dataclass(frozen=True)
class TagConfig:
    """How tokens are tagged."""

    head: Head = setting(
        "crf",
        "'crf' scores whole sequences of tags (Lafferty et al. 2001), 'softmax' each tag, but never what the "
        "scheme forbids",
    )
    scheme: Scheme = setting(
        "bioes", "how the model writes spans; data and answers are BIO2 either way, and labels that are no spans stay"
    )
    max_words: WordCount = setting(
        200, "longer sentences are cut into windows when predicting; what is cut off in training is counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the head reads that is hidden in training")
    confidence: bool = setting(True, "say how sure each tag is, which takes a CRF twice as long as finding the tags")
    focal_gamma: Rate = setting(
        0.0, "of softmax: makes what is already right weigh less (Lin et al. 2017), 0 for plain cross-entropy"
    )
    label_smoothing: FractionBelowOne = setting(0.0, "of softmax: the part of each target that is spread over all tags")
    class_weights: Literal["none", "balanced"] = setting(
        "none", "of softmax: 'balanced' lets all tags weigh the same in total, however rare"
    )
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")


def check_settings(config: TagConfig, sources: bool = False) -> None:
    """Raise ConfigError for a number out of range, and for a loss that the chosen head does not have.

    sources: the training data are of several that annotate different labels.
    """
    check_values(config, "model.")
    plain = TagConfig()
    for name in ("focal_gamma", "label_smoothing", "class_weights"):
        value = getattr(config, name)
        if value != getattr(plain, name) and (sources or config.head == "crf"):
            found, remedy = "a CRF is trained by its likelihood alone", "Leave it out, or set model.head = 'softmax'."
            if sources:
                found, remedy = "several sources are trained on by the likelihood alone", "Leave it out."
            raise ConfigError(f"model.{name}", f"is {value!r}, but {found}", remedy=remedy)

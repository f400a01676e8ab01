"""The `[model.encoder]` table of convolutions above words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import setting
from spanloom.config.ranges import Count, Layers, Width
from spanloom.encoders.parts.settings import OfWords, check_something_read
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class CnnConfig(OfWords):
    """Convolutions above words, which are faster than recurrent layers and see a stretch of the text."""

    kind: Literal["cnn"] = "cnn"
    layers: Layers = setting(1, "convolution layers above the words, 0 for none")
    hidden: Width = setting(192, "width of those layers")
    window: Width = setting(3, "words that a convolution reads, an odd number")
    dilations: tuple[Count, ...] = setting(
        (1,), "steps between the words of a convolution, in turn from layer to layer"
    )


def check(config: CnnConfig) -> None:
    """Raise ConfigError for a window without a middle, no step at all, and where nothing is read of a word."""
    if config.window % 2 == 0:
        expected = "an odd number: as many words before as after"
        remedy = f"Set model.encoder.window = {config.window + 1}."
        raise ConfigError("model.encoder.window", f"is {config.window}", expected, remedy)
    if not config.dilations:
        raise ConfigError("model.encoder.dilations", "is []", "one step or more", "Set model.encoder.dilations = [1].")
    check_something_read(config)

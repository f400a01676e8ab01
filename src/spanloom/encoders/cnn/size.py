"""How large convolutions above words are. NumPy only."""

from __future__ import annotations

from spanloom.encoders.cnn.config import CnnConfig
from spanloom.encoders.contract import EncoderSize
from spanloom.encoders.parts.size import Above, size_of_words
from spanloom.encoders.parts.words import WordFeatures
from spanloom.nn.layers.counts import convolution_weights


def size(config: CnnConfig, features: WordFeatures) -> EncoderSize:
    """Of what `build` makes."""

    def above(width: int) -> Above:
        if not config.layers:
            return Above(0, width, 0)
        weights = convolution_weights(width, config.hidden, config.layers, config.window)
        return Above(weights, config.hidden, config.layers * config.hidden)

    return size_of_words(config, features, above)

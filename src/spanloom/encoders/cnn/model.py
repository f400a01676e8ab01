"""Convolutions above words. Torch."""

from __future__ import annotations

from spanloom.encoders.cnn.config import CnnConfig
from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.above import LayersAbove
from spanloom.encoders.parts.modules.words import WordEncoder
from spanloom.encoders.parts.words import WordFeatures
from spanloom.nn.layers.cnn import ConvolutionLayers


def build(config: CnnConfig, features: WordFeatures, wanted: Wanted) -> WordEncoder:
    """Raises DataError for a file of vectors."""
    return WordEncoder(config, features, wanted, lambda width: above(config, width, wanted.dropout))


def above(config: CnnConfig, width: int, dropout: float) -> LayersAbove:
    """Convolutions over vectors of this width."""
    if not config.layers:
        return LayersAbove(width)
    sizes = width, config.hidden, config.layers, dropout
    layers = ConvolutionLayers(*sizes, config.window, config.dilations)
    return LayersAbove(layers.width, layers, dropout)

"""Recurrent layers above words. Torch."""

from __future__ import annotations

from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.above import recurrent_layers
from spanloom.encoders.parts.modules.words import WordEncoder
from spanloom.encoders.parts.words import WordFeatures
from spanloom.encoders.rnn.config import RnnConfig


def build(config: RnnConfig, features: WordFeatures, wanted: Wanted) -> WordEncoder:
    """Raises DataError for a file of vectors."""
    return WordEncoder(config, features, wanted, lambda width: recurrent_layers(config, width, wanted.dropout))

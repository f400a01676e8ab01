"""A pretrained transformer and the layers above it. Torch."""

from __future__ import annotations

from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.pieces import PieceEncoder
from spanloom.encoders.parts.pieces import PieceFeatures
from spanloom.encoders.transformer.config import TransformerConfig, folder


def build(config: TransformerConfig, features: PieceFeatures, wanted: Wanted) -> PieceEncoder:
    """Raises ConfigError or CheckpointError where its files are not there."""
    return PieceEncoder(config, features, wanted, lambda: folder(config))

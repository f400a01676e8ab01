"""multilingual-e5-small and the layers above it. Torch."""

from __future__ import annotations

from spanloom.encoders.contract import Wanted
from spanloom.encoders.multilingual_e5.config import MultilingualE5Config, folder
from spanloom.encoders.parts.modules.pieces import PieceEncoder
from spanloom.encoders.parts.pieces import PieceFeatures


def build(config: MultilingualE5Config, features: PieceFeatures, wanted: Wanted) -> PieceEncoder:
    """Raises ConfigError or CheckpointError where its files are not there."""
    return PieceEncoder(config, features, wanted, lambda: folder(config))

"""The pretrained transformer of the package and the layers above it. Torch."""

from __future__ import annotations

from spanloom.encoders.contract import Wanted
from spanloom.encoders.minilm.config import MinilmConfig, folder
from spanloom.encoders.parts.modules.pieces import PieceEncoder
from spanloom.encoders.parts.pieces import PieceFeatures


def build(config: MinilmConfig, features: PieceFeatures, wanted: Wanted) -> PieceEncoder:
    """Raises ConfigError or CheckpointError where its files are not there."""
    return PieceEncoder(config, features, wanted, lambda: folder(config))

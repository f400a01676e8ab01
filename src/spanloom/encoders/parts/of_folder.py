"""Kinds of encoders that are a pretrained transformer in a folder, and differ in where that is and what is set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from spanloom.contracts import deferred
from spanloom.encoders.contract import Encoder
from spanloom.encoders.parts.pieces import fit_pieces, load_pieces
from spanloom.encoders.parts.settings import OfPieces, check_unfreezing
from spanloom.encoders.parts.size import size_of_pieces

BUILD = deferred("spanloom.encoders.parts.modules.pieces", "PieceEncoder")


def encoder_of_folder(config: type[OfPieces], folder: Callable[[Any], Path]) -> Encoder:
    """folder: settings -> the folder in the Hugging Face layout. Raises ConfigError where there is none."""
    return Encoder(
        config=config,
        fit=lambda sentences, settings, max_words: fit_pieces(sentences, settings, max_words, folder(settings)),
        load=load_pieces,
        build=lambda settings, features, wanted: BUILD(settings, features, wanted, lambda: folder(settings)),
        above=deferred("spanloom.encoders.parts.modules.above", "recurrent_layers"),
        size=lambda settings, features: size_of_pieces(settings, features, folder(settings)),
        check=check_unfreezing,
    )

"""Convolutions above words. `ENCODER` and nothing else."""

from spanloom.contracts import deferred
from spanloom.encoders.cnn.config import CnnConfig, check
from spanloom.encoders.cnn.size import size
from spanloom.encoders.contract import Encoder
from spanloom.encoders.parts.words import fit_words, load_words

__all__ = ["ENCODER"]

ENCODER = Encoder(
    config=CnnConfig,
    fit=fit_words,
    load=load_words,
    build=deferred("spanloom.encoders.cnn.model", "build"),
    above=deferred("spanloom.encoders.cnn.model", "above"),
    size=size,
    check=check,
)

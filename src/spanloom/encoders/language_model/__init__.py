"""Recurrent layers above trained language models and words. `ENCODER` and nothing else."""

from spanloom.contracts import deferred
from spanloom.encoders.contract import Encoder
from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.encoders.language_model.features import fit, load
from spanloom.encoders.language_model.size import size
from spanloom.encoders.parts.settings import check_unfreezing

__all__ = ["ENCODER"]

ENCODER = Encoder(
    config=LanguageModelEncoderConfig,
    fit=fit,
    load=load,
    build=deferred("spanloom.encoders.language_model.model", "build"),
    above=deferred("spanloom.encoders.parts.modules.above", "recurrent_layers"),
    size=size,
    check=check_unfreezing,
)

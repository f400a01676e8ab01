"""Recurrent layers above words. `ENCODER` and nothing else."""

from spanloom.contracts import deferred
from spanloom.encoders.contract import Encoder
from spanloom.encoders.parts.settings import check_something_read
from spanloom.encoders.parts.size import recurrent_above, size_of_words
from spanloom.encoders.parts.words import fit_words, load_words
from spanloom.encoders.rnn.config import RnnConfig

__all__ = ["ENCODER"]

ENCODER = Encoder(
    config=RnnConfig,
    fit=fit_words,
    load=load_words,
    build=deferred("spanloom.encoders.rnn.model", "build"),
    above=deferred("spanloom.encoders.parts.modules.above", "recurrent_layers"),
    size=lambda config, features: size_of_words(config, features, recurrent_above(config)),
    check=check_something_read,
)

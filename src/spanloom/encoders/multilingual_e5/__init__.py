"""multilingual-e5-small, unpacked from an installed package or named by its folder. `ENCODER` and nothing else."""

from spanloom.contracts import deferred
from spanloom.encoders.contract import Encoder
from spanloom.encoders.multilingual_e5.config import MultilingualE5Config, folder
from spanloom.encoders.parts.pieces import fit_pieces, load_pieces
from spanloom.encoders.parts.settings import check_unfreezing
from spanloom.encoders.parts.size import size_of_pieces

__all__ = ["ENCODER"]

ENCODER = Encoder(
    config=MultilingualE5Config,
    fit=lambda sentences, config, max_words: fit_pieces(sentences, config, max_words, folder(config)),
    load=load_pieces,
    build=deferred("spanloom.encoders.multilingual_e5.model", "build"),
    above=deferred("spanloom.encoders.parts.modules.above", "recurrent_layers"),
    size=lambda config, features: size_of_pieces(config, features, folder(config)),
    check=check_unfreezing,
)

"""Sentences to word vectors, from wordpieces of a pretrained encoder. Torch.

B batch, P pieces, T words, D width.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.above import LayersAbove, recurrent_layers
from spanloom.encoders.parts.modules.pretrained import fits_half, halve_table, load_transformer, make_transformer
from spanloom.encoders.parts.modules.spelling import Spelling
from spanloom.encoders.parts.modules.transformer import Transformer
from spanloom.encoders.parts.modules.words import word_vectors
from spanloom.encoders.parts.pieces import PieceFeatures
from spanloom.encoders.parts.settings import OfPieces
from spanloom.nn.encoder import EncoderModule, EncoderOutput

HALVED, WORD_WIDTH = OWN = "halved", "word_width"
"""The keys of an architecture that are not the transformer's: whether its vectors of pieces are in float16, and how
wide those of words are.
"""


class PieceEncoder(EncoderModule):
    """Wordpieces through a pretrained encoder, the words' vectors, where wanted, and their spelling beside them, layers
    above -> `EncoderOutput`.

    folder: where the pretrained encoder is, asked for where there is no trained one.
    """

    pretrained_prefixes = ("encoder.transformer.pretrained.",)

    def __init__(self, config: OfPieces, features: PieceFeatures, wanted: Wanted, folder: Callable[[], Path]) -> None:
        super().__init__()
        if wanted.architecture is None:
            model = load_transformer(folder(), config.dropout, features.tokenizer.size)
            halved = config.freeze != "none" and fits_half(model)
        else:
            model = make_transformer({name: of for name, of in wanted.architecture.items() if name not in OWN})
            halved = bool(wanted.architecture.get(HALVED))
        if halved:
            halve_table(model)
        maps = wanted.maps and config.attention
        self.transformer = Transformer(
            model, config.pooling, config.mix_layers, maps, config.freeze, config.unfreeze_epochs
        )
        self.maps = self.transformer.maps
        self.words = word_vectors(config, features, wanted)
        vectors = 0 if self.words is None else self.words.width
        self.architecture = {**model.config.to_dict(), HALVED: halved, WORD_WIDTH: vectors}  # type: ignore[union-attr, operator]
        self.spelling = Spelling(config, features.lookup, wanted.dropout)
        self.dropout = nn.Dropout(wanted.dropout)
        width = self.transformer.width + vectors + self.spelling.width + wanted.beside
        self.above = recurrent_layers(config, width, wanted.dropout) if wanted.above else LayersAbove(width)
        self.width, self.backward = self.above.width, self.above.backward

    def forward(
        self,
        pieces: Tensor,
        piece_lengths: Tensor,
        first: Tensor,
        last: Tensor,
        shapes: Tensor,
        lengths: Tensor,
        words: Tensor | None = None,
        characters: Tensor | None = None,
        hashed: Tensor | None = None,
        types: Tensor | None = None,
        beside: Tensor | None = None,
    ) -> EncoderOutput:
        pretrained = self.transformer(pieces, piece_lengths, first, last, types)
        parts = [self.dropout(pretrained.vectors)]  # [B, T, hidden]
        parts += [] if self.words is None else [self.dropout(self.words(words))]
        parts += self.spelling(shapes, characters, hashed)
        parts += [] if beside is None else [beside]
        parts = [part.to(parts[0].dtype) for part in parts]
        return EncoderOutput(self.above(torch.cat(parts, dim=-1), lengths), pretrained.maps)

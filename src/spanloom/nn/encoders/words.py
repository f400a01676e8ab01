"""Sentences to word vectors: wordpieces of a pretrained encoder or words from scratch, their spelling, layers above.

B batch, P pieces, T words, C characters a word, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.config import EncoderConfig
from spanloom.nn.encoders.char_cnn import CharCNN
from spanloom.nn.encoders.embedding import WordEmbedding
from spanloom.nn.encoders.rnn import BiRNN
from spanloom.nn.encoders.transformer import Encoded, Transformer, load_transformer, make_transformer
from spanloom.text.features import Features, PieceFeatures, WordFeatures
from spanloom.text.pretrained import encoder_folder
from spanloom.text.shapes import SHAPES
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import Vocabulary


class Spelling(nn.Module):
    """What a word looks like: its shape and, where wanted, a convolution over its characters -> [B, T, S]."""

    def __init__(self, config: EncoderConfig, characters: Vocabulary | None, dropout: float) -> None:
        super().__init__()
        self.shapes = nn.Embedding(len(SHAPES), config.shape_width)
        self.characters: CharCNN | None = None
        if characters is not None and config.char_filters:
            self.characters = CharCNN(len(characters), config.char_width, config.char_filters)
        self.dropout = nn.Dropout(dropout)
        self.width = config.shape_width + (config.char_filters if self.characters is not None else 0)

    def forward(self, shapes: Tensor, characters: Tensor | None) -> Tensor:
        seen: Tensor = self.shapes(shapes)
        if self.characters is None or characters is None:
            return seen
        return torch.cat([self.dropout(self.characters(characters)), seen], dim=-1)


class PieceEncoder(nn.Module):
    """Wordpieces through a pretrained encoder, the words' spelling beside them, recurrent layers above -> `Encoded`."""

    pretrained_prefixes = ("encoder.transformer.pretrained.",)

    def __init__(
        self,
        config: EncoderConfig,
        dropout: float,
        features: PieceFeatures,
        architecture: Mapping[str, Any] | None,
        maps: bool,
    ) -> None:
        super().__init__()
        if architecture is None:
            model = load_transformer(encoder_folder(config.kind, config.path), config.dropout)
        else:
            model = make_transformer(architecture)
        self.transformer = Transformer(model, config.pooling, config.freeze_embeddings, config.mix_layers, maps)
        self.maps = self.transformer.maps
        self.architecture: dict[str, Any] = model.config.to_dict()  # type: ignore[union-attr, operator]
        self.spelling = Spelling(config, features.characters, dropout)
        self.dropout = nn.Dropout(dropout)
        size = self.transformer.width + self.spelling.width
        self.recurrent = BiRNN(size, config.hidden, config.layers, dropout, config.cell)
        self.width = self.recurrent.width

    def forward(
        self,
        pieces: Tensor,
        piece_lengths: Tensor,
        first: Tensor,
        last: Tensor,
        shapes: Tensor,
        lengths: Tensor,
        characters: Tensor | None = None,
    ) -> Encoded:
        pretrained = self.transformer(pieces, piece_lengths, first, last)
        words = self.dropout(pretrained.vectors)  # [B, T, hidden]
        x = torch.cat([words, self.spelling(shapes, characters).to(words.dtype)], dim=-1)
        return Encoded(self.dropout(self.recurrent(x, lengths)), pretrained.maps)


class WordEncoder(nn.Module):
    """Word vectors and the words' spelling through recurrent layers -> `Encoded`, without maps."""

    pretrained_prefixes: tuple[str, ...] = ()
    maps = 0

    def __init__(
        self, config: EncoderConfig, dropout: float, features: WordFeatures, architecture: Mapping[str, Any] | None
    ) -> None:
        super().__init__()
        width = _word_width(config, architecture)
        self.words = WordEmbedding(len(features.words), width, config.word_dropout)
        if architecture is None and config.vectors:
            _load_vectors(self.words, features.words, config)
        self.spelling = Spelling(config, features.characters, dropout)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = BiRNN(width + self.spelling.width, config.hidden, config.layers, dropout, config.cell)
        self.width = self.recurrent.width
        self.architecture: dict[str, Any] = {"word_width": width}

    def forward(self, words: Tensor, characters: Tensor, shapes: Tensor, lengths: Tensor) -> Encoded:
        x = torch.cat([self.dropout(self.words(words)), self.spelling(shapes, characters)], dim=-1)
        return Encoded(self.dropout(self.recurrent(x, lengths)), None)


Encoder = PieceEncoder | WordEncoder


def build_encoder(
    config: EncoderConfig,
    dropout: float,
    features: Features,
    architecture: Mapping[str, Any] | None = None,
    maps: bool = False,
) -> Encoder:
    """The encoder of a configuration, to be the attribute `encoder` of a model.

    Its inputs are the arrays of `features`. architecture: None starts from pretrained weights and vectors, otherwise
    what `encoder.architecture` of the trained one said. maps: answer with the attention between words too, where there
    is any. Raises CheckpointError or DataError for pretrained files.
    """
    if isinstance(features, WordFeatures):
        return WordEncoder(config, dropout, features, architecture)
    return PieceEncoder(config, dropout, features, architecture, maps)


def _word_width(config: EncoderConfig, architecture: Mapping[str, Any] | None) -> int:
    if architecture is not None:
        return int(architecture["word_width"])
    return read_vectors(config.vectors, 1)[1].shape[1] if config.vectors else config.word_width


def _load_vectors(table: WordEmbedding, vocabulary: Vocabulary, config: EncoderConfig) -> None:
    assert config.vectors is not None
    words, vectors = read_vectors(config.vectors, config.vocabulary)
    weights = table.table.weight.detach().clone()
    scale = float(vectors.std())
    weights[1:] *= scale / float(weights[1:].std())  # words outside the file get vectors of the same size
    numbers = [vocabulary.number(word) for word in words]
    weights[numbers] = torch.from_numpy(vectors)
    table.load(weights)

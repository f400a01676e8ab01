"""Sentences to word vectors: wordpieces of a pretrained encoder or words from scratch, their spelling, layers above.

B batch, P pieces, T words, C characters a word, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.config import EncoderConfig
from spanloom.nn.encoders.embedding import WordEmbedding
from spanloom.nn.encoders.language_model import LanguageModels, load_language_models
from spanloom.nn.encoders.layers import LayersAbove
from spanloom.nn.encoders.pretrained import load_transformer, make_transformer
from spanloom.nn.encoders.spelling import Spelling
from spanloom.nn.encoders.transformer import Encoded, Transformer
from spanloom.text.features import Features, PieceFeatures, WordFeatures
from spanloom.text.pretrained import encoder_folder
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import Vocabulary


class PieceEncoder(nn.Module):
    """Wordpieces through a pretrained encoder, the words' spelling beside them, layers above -> `Encoded`."""

    pretrained_prefixes = ("encoder.transformer.pretrained.",)

    def __init__(
        self,
        config: EncoderConfig,
        dropout: float,
        features: PieceFeatures,
        architecture: Mapping[str, Any] | None,
        maps: bool,
        beside: int,
    ) -> None:
        super().__init__()
        if architecture is None:
            folder = encoder_folder(config.kind, config.path)
            model = load_transformer(folder, config.dropout, features.tokenizer.size)
        else:
            model = make_transformer(architecture)
        self.transformer = Transformer(
            model, config.pooling, config.mix_layers, maps, config.freeze, config.unfreeze_epochs
        )
        self.maps = self.transformer.maps
        self.architecture: dict[str, Any] = model.config.to_dict()  # type: ignore[union-attr, operator]
        self.spelling = Spelling(config, features.lookup, dropout)
        self.dropout = nn.Dropout(dropout)
        self.above = LayersAbove(config, self.transformer.width + self.spelling.width + beside, dropout)
        self.width = self.above.width

    def forward(
        self,
        pieces: Tensor,
        piece_lengths: Tensor,
        first: Tensor,
        last: Tensor,
        shapes: Tensor,
        lengths: Tensor,
        characters: Tensor | None = None,
        hashed: Tensor | None = None,
        types: Tensor | None = None,
        beside: Tensor | None = None,
    ) -> Encoded:
        pretrained = self.transformer(pieces, piece_lengths, first, last, types)
        words = self.dropout(pretrained.vectors)  # [B, T, hidden]
        parts = [words, *(part.to(words.dtype) for part in self.spelling(shapes, characters, hashed))]
        parts += [] if beside is None else [beside.to(words.dtype)]
        return Encoded(self.above(torch.cat(parts, dim=-1), lengths), pretrained.maps)


class WordEncoder(nn.Module):
    """Word vectors, what language models read, the words' spelling, each where wanted, and layers above -> `Encoded`,
    without maps.
    """

    pretrained_prefixes = ("encoder.language_models.",)
    maps = 0

    def __init__(
        self,
        config: EncoderConfig,
        dropout: float,
        features: WordFeatures,
        architecture: Mapping[str, Any] | None,
        beside: int,
    ) -> None:
        super().__init__()
        width = 0 if features.words is None else _word_width(config, architecture)
        self.words: WordEmbedding | None = None
        if features.words is not None:
            self.words = WordEmbedding(len(features.words), width, config.word_dropout, features.frozen)
            if architecture is None and config.vectors:
                _load_vectors(self.words, features.words, config)
        self.architecture: dict[str, Any] = {"word_width": width}
        self.language_models: LanguageModels | None = None
        if features.units is not None:
            self.language_models = _language_models(config, architecture)
            self.architecture["language_models"] = self.language_models.sizes
        self.spelling = Spelling(config, features.lookup, dropout)
        self.dropout = nn.Dropout(dropout)
        width += 0 if self.language_models is None else self.language_models.width
        self.above = LayersAbove(config, width + self.spelling.width + beside, dropout)
        self.width = self.above.width

    def forward(
        self,
        shapes: Tensor,
        lengths: Tensor,
        words: Tensor | None = None,
        characters: Tensor | None = None,
        hashed: Tensor | None = None,
        units: Tensor | None = None,
        unit_lengths: Tensor | None = None,
        first: Tensor | None = None,
        last: Tensor | None = None,
        beside: Tensor | None = None,
    ) -> Encoded:
        parts = self.spelling(shapes, characters, hashed)
        if self.language_models is not None:
            parts = [self.dropout(self.language_models(units, unit_lengths, first, last)), *parts]
        if self.words is not None:
            parts = [self.dropout(self.words(words)), *parts]
        parts += [] if beside is None else [beside]
        return Encoded(self.above(torch.cat(parts, dim=-1), lengths), None)


Encoder = PieceEncoder | WordEncoder


def build_encoder(
    config: EncoderConfig,
    dropout: float,
    features: Features,
    architecture: Mapping[str, Any] | None = None,
    maps: bool = False,
    beside: int = 0,
) -> Encoder:
    """The encoder of a configuration, to be the attribute `encoder` of a model.

    Its inputs are the arrays of `features`. architecture: None starts from pretrained weights and vectors, otherwise
    what `encoder.architecture` of the trained one said. maps: answer with the attention between words too, where there
    is any. beside: the width of vectors [B, T, beside] of the task's own, which `forward` is given as `beside`, for the
    layers above to read beside the words. Raises CheckpointError or DataError for pretrained files.
    """
    if isinstance(features, WordFeatures):
        return WordEncoder(config, dropout, features, architecture, beside)
    return PieceEncoder(config, dropout, features, architecture, maps, beside)


def _word_width(config: EncoderConfig, architecture: Mapping[str, Any] | None) -> int:
    if architecture is not None:
        return int(architecture["word_width"])
    return read_vectors(config.vectors, 1)[1].shape[1] if config.vectors else config.word_width


def _language_models(config: EncoderConfig, architecture: Mapping[str, Any] | None) -> LanguageModels:
    sizes, weights = load_language_models(config) if architecture is None else (architecture["language_models"], None)
    models = LanguageModels(sizes, config.dropout, config.freeze, config.unfreeze_epochs)
    if weights is not None:
        models.load_state_dict(weights)
    return models


def _load_vectors(table: WordEmbedding, vocabulary: Vocabulary, config: EncoderConfig) -> None:
    assert config.vectors is not None
    words, vectors = read_vectors(config.vectors, config.vocabulary)
    scale = float(vectors.std())
    own = table.table.weight.detach()
    weights = torch.zeros(len(vocabulary), vectors.shape[1])
    weights[[0, 1, *range(2 + table.known, len(weights))]] = own * (scale / float(own[1:].std()))
    numbers = [vocabulary.number(word) for word in words]
    weights[numbers] = torch.from_numpy(vectors)
    table.load(weights)

"""Sentences to word vectors, from words: their vectors, their spelling, layers above. Torch.

B batch, T words, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.encoders.contract import Wanted
from spanloom.encoders.parts.modules.above import LayersAbove
from spanloom.encoders.parts.modules.spelling import Spelling
from spanloom.encoders.parts.settings import OfWords
from spanloom.encoders.parts.words import WordFeatures, vector_width
from spanloom.nn.encoder import EncoderModule, EncoderOutput
from spanloom.nn.layers.embedding import WordEmbedding
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import Vocabulary


class Reader(nn.Module):
    """What reads a sentence beside its words, from arrays of its own: vectors [B, T, width].

    architecture: what it is made of again, beside what the `architecture` of a `WordEncoder` says.
    """

    width: int
    architecture: Mapping[str, Any]


class WordEncoder(EncoderModule):
    """Word vectors, what a `Reader` reads, the words' spelling, each where wanted, and layers above -> `EncoderOutput`,
    without maps.

    above: the layers over vectors of a width. read: makes the reader.
    """

    pretrained_prefixes = ("encoder.reader.",)

    def __init__(
        self,
        config: OfWords,
        features: WordFeatures,
        wanted: Wanted,
        above: Callable[[int], LayersAbove],
        read: Callable[[], Reader] | None = None,
    ) -> None:
        super().__init__()
        self.words = word_vectors(config, features, wanted)
        width = 0 if self.words is None else self.words.width
        self.architecture = {"word_width": width}
        self.reader = None if read is None else read()
        if self.reader is not None:
            self.architecture = {**self.architecture, **self.reader.architecture}
            width += self.reader.width
        self.spelling = Spelling(config, features.lookup, wanted.dropout)
        self.dropout = nn.Dropout(wanted.dropout)
        width += self.spelling.width + wanted.beside
        self.above = above(width) if wanted.above else LayersAbove(width)
        self.width, self.backward = self.above.width, self.above.backward

    def forward(
        self,
        shapes: Tensor,
        lengths: Tensor,
        words: Tensor | None = None,
        characters: Tensor | None = None,
        hashed: Tensor | None = None,
        beside: Tensor | None = None,
        **read: Tensor,
    ) -> EncoderOutput:
        assert self.reader is not None or not read, f"nothing reads {', '.join(read)}"
        parts = self.spelling(shapes, characters, hashed)
        if self.reader is not None:
            parts = [self.dropout(self.reader(**read)), *parts]
        if self.words is not None:
            parts = [self.dropout(self.words(words)), *parts]
        parts += [] if beside is None else [beside]
        return EncoderOutput(self.above(torch.cat(parts, dim=-1), lengths), None)


def word_vectors(config: OfWords, features: WordFeatures, wanted: Wanted) -> WordEmbedding | None:
    """The vectors of the words in the vocabulary, None where there is none; from the vector file unless there are
    trained ones.
    """
    if features.words is None:
        return None
    given = wanted.architecture
    width = vector_width(config) if given is None else int(given["word_width"])
    words = WordEmbedding(len(features.words), width, config.word_dropout, features.frozen)
    if given is None and config.vectors:
        _load_vectors(words, features.words, config)
    return words


def _load_vectors(table: WordEmbedding, vocabulary: Vocabulary, config: OfWords) -> None:
    assert config.vectors is not None
    words, vectors = read_vectors(config.vectors, config.vocabulary)
    scale = float(vectors.std())
    own = table.table.weight.detach()
    weights = torch.zeros(len(vocabulary), vectors.shape[1])
    weights[[0, 1, *range(2 + table.known, len(weights))]] = own * (scale / float(own[1:].std()))
    numbers = [vocabulary.number(word) for word in words]
    weights[numbers] = torch.from_numpy(vectors)
    table.load(weights)

"""The networks of joint extraction: one encoder in words, and the heads of either scheme. Torch.

B batch, P pieces, T words, D width, K tags, L entity labels, R relations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.errors import ConfigError
from spanloom.nn.encoders.char_cnn import CharCNN
from spanloom.nn.encoders.embedding import WordEmbedding
from spanloom.nn.encoders.rnn import BiRNN
from spanloom.nn.encoders.transformer import Encoded, Transformer, load_transformer, make_transformer
from spanloom.nn.heads.token_pair import Attended, Between, PairTable, at_cells
from spanloom.nn.loss import multilabel_loss, token_loss
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import EncoderConfig, JointConfig
from spanloom.text.features import PieceFeatures, WordFeatures
from spanloom.text.pretrained import encoder_folder
from spanloom.text.shapes import SHAPES
from spanloom.text.vectors import read_vectors
from spanloom.text.vocab import Vocabulary

TAG_WEIGHT = 3.0  # the tagger only helps the tables; of all sentences, so that it weighs the same at any length


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


class TableModel(nn.Module):
    """A tagger whose label embedding joins the words' vectors, a span table, and two relation tables over them.

    The text between two words, what the encoder attends to, where there is such an encoder, and what is recalled of two
    names (recalled [B, M], recalled_at [B, M, 4], see memory.py) add to the tables.

    Returns tags [B, T, K], spans [B, L, T, T] (first word, last word), heads and tails [B, R, T, T] (first words, last
    words of the pair), all logits.
    """

    def __init__(self, encoder: PieceEncoder | WordEncoder, config: JointConfig, codec: JointCodec) -> None:
        super().__init__()
        self.encoder = encoder
        tags = codec.scheme.limits()["tags"]
        entities, relations = len(codec.labels.entities), len(codec.labels.relations)
        self.tagger = nn.Linear(encoder.width, tags)
        self.label_embedding = nn.Linear(tags, config.label_width, bias=False) if config.label_width else None
        width = encoder.width + config.label_width
        shape = (width, config.projection, config.rank)
        self.spans = PairTable(*shape, entities, config.reach, config.dropout)
        self.heads = PairTable(*shape, relations, config.reach, config.dropout)
        self.tails = PairTable(*shape, relations, config.reach, config.dropout)
        self.between = Between(width, config.between, relations, config.dropout) if config.between else None
        labels = {"spans": entities, "heads": relations, "tails": relations} if encoder.maps else {}
        self.attended = nn.ModuleDict(
            {name: Attended(encoder.maps, count, config.map_dropout) for name, count in labels.items()}
        )
        self.register_buffer("shifts", torch.from_numpy(codec.memory.shifts(relations)))  # [2 + R, R]

    def forward(
        self, *, recalled: Tensor | None = None, recalled_at: Tensor | None = None, **inputs: Tensor
    ) -> dict[str, Tensor]:
        words, maps = self.encoder(**inputs)  # [B, T, D] and [B, A, T, T] or None
        tags = self.tagger(words)  # [B, T, K]
        x = words
        if self.label_embedding is not None:
            believed = torch.softmax(tags.float(), dim=-1).to(words.dtype)
            x = torch.cat([words, self.label_embedding(believed)], dim=-1)
        tables = {"spans": self.spans(x), "heads": self.heads(x), "tails": self.tails(x)}
        if self.between is not None:
            between = self.between(x)
            tables["heads"] += between
            tables["tails"] += between
        for name, attended in self.attended.items():
            tables[name] += attended(maps)
        if recalled is not None and recalled_at is not None:
            shifts = self.shifts[recalled]  # type: ignore[index]  # [B, M, R]
            tables["heads"] += at_cells(shifts, recalled_at[:, :, 0], recalled_at[:, :, 2], words.shape[1])
            tables["tails"] += at_cells(shifts, recalled_at[:, :, 1], recalled_at[:, :, 3], words.shape[1])
        return {"tags": tags, **tables}


class TaggingModel(nn.Module):
    """One linear layer over the encoder: tags [B, T, K], logits."""

    def __init__(self, encoder: PieceEncoder | WordEncoder, codec: JointCodec) -> None:
        super().__init__()
        self.encoder = encoder
        self.tagger = nn.Linear(encoder.width, codec.scheme.limits()["tags"])

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        return {"tags": self.tagger(self.encoder(**inputs).vectors)}


def build(config: JointConfig, codec: JointCodec, architecture: Mapping[str, Any] | None = None) -> nn.Module:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises ConfigError where training data had no relation at all, CheckpointError or DataError for pretrained files.
    """
    if not codec.labels.relations:
        raise ConfigError("data.train", "no relation in any sentence", "annotated relations", "Name other data.")
    encoder: PieceEncoder | WordEncoder
    if isinstance(codec.features, WordFeatures):
        encoder = WordEncoder(config.encoder, config.dropout, codec.features, architecture)
    else:
        maps = config.encoder.attention and config.scheme == "table"
        encoder = PieceEncoder(config.encoder, config.dropout, codec.features, architecture, maps)
    model = TableModel(encoder, config, codec) if config.scheme == "table" else TaggingModel(encoder, codec)
    model.architecture = encoder.architecture  # type: ignore[assignment]
    model.pretrained_prefixes = encoder.pretrained_prefixes  # type: ignore[assignment]
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums named as `Batch.counts`; `targets["weights"]` [B, T] is 0 at padding."""
    weights = targets["weights"]
    tags = token_loss(outputs["tags"], targets["tags"], weights)
    if "spans" not in outputs:
        return {"tags": tags}
    inside = weights > 0
    pairs = (inside[:, :, None] & inside[:, None, :])[:, None]  # [B, 1, T, T]
    tables = [multilabel_loss(outputs[name], targets[name], pairs) for name in ("heads", "tails")]
    spans = multilabel_loss(outputs["spans"], targets["spans"], pairs.triu())
    return {"tags": TAG_WEIGHT * tags, "spans": spans, "relations": 0.5 * (tables[0] + tables[1])}


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

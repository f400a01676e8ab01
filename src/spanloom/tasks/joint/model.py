"""The networks of joint extraction: one encoder in words, and the heads of either scheme. Torch.

B batch, P pieces, T words, D width, K tags, L entity labels, R relations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.encoders import build_encoder
from spanloom.encoders.contract import Wanted
from spanloom.errors import ConfigError
from spanloom.nn.encoder import EncoderModule
from spanloom.nn.heads.token_pair import Attended, Between, PairTable, at_cells, attention_strength
from spanloom.nn.loss import masked_scores, multilabel_loss, open_loss, symmetric_kl, symmetric_kl_of_cells, token_loss
from spanloom.nn.model import Model
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig

TABLES = ("spans", "heads", "tails")
TAG_WEIGHT = 3.0  # the tagger only helps the tables; of all sentences, so that it weighs the same at any length


class TableModel(Model):
    """A tagger whose label embedding joins the words' vectors, a span table, and two relation tables over them.

    The text between two words, what the encoder attends to, where there is such an encoder, and what is recalled of two
    names (recalled [B, M], recalled_at [B, M, 4], see memory.py) add to the tables.

    Returns tags [B, T, K], spans [B, L, T, T] (first word, last word), heads and tails [B, R, T, T] (first words, last
    words of the pair), all logits.
    """

    def __init__(self, encoder: EncoderModule, config: JointConfig, codec: JointCodec) -> None:
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
        assert codec.memory is not None, "an export alone leaves it out"
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
        if maps is not None:
            strength = attention_strength(maps)
            for name, attended in self.attended.items():
                tables[name] += attended(strength)
        if recalled is not None and recalled_at is not None:
            shifts = self.shifts[recalled]  # type: ignore[index]  # [B, M, R]
            tables["heads"] += at_cells(shifts, recalled_at[:, :, 0], recalled_at[:, :, 2], words.shape[1])
            tables["tails"] += at_cells(shifts, recalled_at[:, :, 1], recalled_at[:, :, 3], words.shape[1])
        return {"tags": tags, **tables}


class TaggingModel(Model):
    """One linear layer over the encoder: tags [B, T, K], logits."""

    def __init__(self, encoder: EncoderModule, codec: JointCodec) -> None:
        super().__init__()
        self.encoder = encoder
        self.tagger = nn.Linear(encoder.width, codec.scheme.limits()["tags"])

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        return {"tags": self.tagger(self.encoder(**inputs).vectors)}


def build(config: JointConfig, codec: JointCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises ConfigError where training data had no relation at all, CheckpointError or DataError for pretrained files.
    """
    if not codec.labels.relations:
        remedy = "Name data with relations, or set task = 'nested' to learn entities alone."
        raise ConfigError("data.train", "no relation in any sentence", "annotated relations", remedy)
    wanted = Wanted(config.dropout, architecture, maps=config.scheme == "table")
    encoder = build_encoder(config.encoder, codec.features, wanted)
    model = TableModel(encoder, config, codec) if config.scheme == "table" else TaggingModel(encoder, codec)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums named as `Batch.counts`; `targets["weights"]` [B, T] is 0 at padding."""
    weights = targets["weights"]
    if "open_tags" in targets:
        tags = open_loss(outputs["tags"], targets["open_tags"], weights)
    else:
        tags = token_loss(outputs["tags"], targets["tags"], weights)
    if "spans" not in outputs:
        return {"tags": tags}
    words = _pairs(weights)
    places, pairs, scores = words.triu(), words, dict(outputs)
    if "open_spans" in targets:
        places = places & ~targets["open_spans"]
        pairs = words & targets["related"][:, :, None, None]
        scores = {name: masked_scores(outputs[name], places if name == "spans" else pairs) for name in TABLES}
    tables = [multilabel_loss(scores[name], targets[name], pairs) for name in ("heads", "tails")]
    spans = multilabel_loss(scores["spans"], targets["spans"], places)
    return {"tags": TAG_WEIGHT * tags, "spans": spans, "relations": 0.5 * (tables[0] + tables[1])}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart, named as the losses: a tag is one of many, a cell is yes or no."""
    weights = targets["weights"]
    tags = symmetric_kl(outputs["tags"], others["tags"], weights)
    if "spans" not in outputs:
        return {"tags": tags}
    pairs = _pairs(weights)
    tables = [symmetric_kl_of_cells(outputs[name], others[name], pairs) for name in ("heads", "tails")]
    spans = symmetric_kl_of_cells(outputs["spans"], others["spans"], pairs.triu())
    return {"tags": tags, "spans": spans, "relations": 0.5 * (tables[0] + tables[1])}


def _pairs(weights: Tensor) -> Tensor:
    """Which pairs of words are in the sentence: weights [B, T] -> [B, 1, T, T]."""
    inside = weights > 0
    return (inside[:, :, None] & inside[:, None, :])[:, None]

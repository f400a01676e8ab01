"""The network of relations: one encoder over marked words, the vectors of both spans, one linear layer. Torch.

B batch, T words or pieces, D width of a vector, E width of that of a distance, P width of what is pooled, K relations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.encoders import build_encoder
from spanloom.encoders.contract import Wanted
from spanloom.errors import ConfigError
from spanloom.nn.encoder import EncoderModule
from spanloom.nn.heads.pooling import Pooling, mean_where
from spanloom.nn.loss import class_loss, symmetric_kl
from spanloom.nn.model import Model
from spanloom.tasks.relation.codec import INSIDE, RelationCodec
from spanloom.tasks.relation.config import PoolingPart, RelationConfig

AWAY = {"starts": INSIDE - 1, "spans": INSIDE}
"""The number of the distance that what is pooled has: -1, the marker before a span, or 0, inside of it."""


class Positions(nn.Module):
    """How far each token is from head and tail, two times [B, T], as vectors [B, T, 2E] (Zeng et al. 2014)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.from_head = nn.Embedding(2 * INSIDE, width, padding_idx=0)
        self.from_tail = nn.Embedding(2 * INSIDE, width, padding_idx=0)

    def forward(self, from_head: Tensor, from_tail: Tensor) -> Tensor:
        return torch.cat([self.from_head(from_head), self.from_tail(from_tail)], dim=-1)


class RelationModel(Model):
    """classes [B, K], logits. parts: how vectors are pooled, side by side; see `RelationConfig`."""

    def __init__(
        self,
        encoder: EncoderModule,
        positions: Positions | None,
        parts: Sequence[PoolingPart],
        projection: int,
        dropout: float,
        classes: int,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.positions = positions
        self.parts = tuple(parts)
        self.pooling = nn.ModuleDict(
            {part: Pooling(part, encoder.width) for part in parts if part != "starts" and part != "spans"}
        )
        self.dropout = nn.Dropout(dropout)
        width = encoder.width * sum(2 if part in AWAY else 1 for part in parts)  # P
        self.hidden = (
            nn.Sequential(nn.Linear(width, projection), nn.Tanh(), nn.Dropout(dropout)) if projection else None
        )
        self.classifier = nn.Linear(projection or width, classes)

    def forward(self, from_head: Tensor, from_tail: Tensor, **inputs: Tensor) -> dict[str, Tensor]:
        beside = {} if self.positions is None else {"beside": self.positions(from_head, from_tail)}
        x = self.encoder(**inputs, **beside).vectors  # [B, T, D]
        pooled: list[Tensor] = []
        for part in self.parts:
            if part in AWAY:
                pooled += [mean_where(x, away == AWAY[part]) for away in (from_head, from_tail)]
            else:
                pooled.append(self.pooling[part](x, inputs["lengths"]))
        together = self.dropout(torch.cat(pooled, dim=1))  # [B, P]
        if self.hidden is not None:
            together = self.hidden(together)
        return {"classes": self.classifier(together)}


def build(config: RelationConfig, codec: RelationCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises ConfigError where there is but one relation to choose, CheckpointError or DataError for pretrained files.
    """
    if codec.classes.scores < 2:
        found = f"every example has the label '{codec.classes.names[0]}'"
        raise ConfigError("data.train", found, "two relations at least", "Name other data.")
    width = config.position_width
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture, beside=2 * width))
    positions = Positions(width) if width else None
    model = RelationModel(encoder, positions, config.pooling, config.projection, config.dropout, codec.classes.scores)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A sum over examples, named as `Batch.counts`."""
    logits, weights = outputs["classes"], targets.get("class_weights")
    gamma, smoothing = float(targets["focal_gamma"]), float(targets["label_smoothing"])
    each = torch.ones_like(logits[:, 0])  # [B]
    return {"classes": class_loss(logits, targets["classes"], each, weights, gamma, smoothing)}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart: the symmetric KL divergence, a sum named as the loss."""
    logits = outputs["classes"]
    return {"classes": symmetric_kl(logits, others["classes"], torch.ones_like(logits[:, 0]))}

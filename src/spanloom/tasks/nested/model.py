"""The networks of nested entities: one encoder in words, and a biaffine table of spans over it. Torch.

B batch, T words, D width, K labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.nn.encoders.words import Encoder, build_encoder
from spanloom.nn.heads.biaffine import Biaffine
from spanloom.nn.loss import multilabel_loss
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig


class NestedModel(nn.Module):
    """A biaffine table over the encoder: spans [B, T, T, K] (first word, last word), logits; no span has the logit 0."""

    def __init__(self, encoder: Encoder, config: NestedConfig, labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.spans = Biaffine(encoder.width, config.projection, labels, config.reach, config.dropout)

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        return {"spans": self.spans(self.encoder(**inputs).vectors)}


def build(config: NestedConfig, codec: NestedCodec, architecture: Mapping[str, Any] | None = None) -> nn.Module:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises CheckpointError or DataError for pretrained files.
    """
    encoder = build_encoder(config.encoder, config.dropout, codec.features, architecture)
    model = NestedModel(encoder, config, len(codec.labels))
    model.architecture = encoder.architecture  # type: ignore[assignment]
    model.pretrained_prefixes = encoder.pretrained_prefixes  # type: ignore[assignment]
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A sum, named as in `Batch.counts`: over the spans that there could be, or over sentences and labels."""
    scores, gold = outputs["spans"], targets["spans"]
    cells = _cells(targets["lengths"], scores.shape[1])
    if gold.dtype == torch.bool:
        return {"spans": multilabel_loss(scores.permute(0, 3, 1, 2), gold.permute(0, 3, 1, 2), cells[:, None])}
    logits, chosen = scores[cells], gold[cells]  # [N, K], [N]
    logits = torch.cat([torch.zeros_like(logits[:, :1]), logits], dim=1)
    return {"spans": nn.functional.cross_entropy(logits, chosen, reduction="sum")}


def _cells(lengths: Tensor, width: int) -> Tensor:
    """Which pairs of a first and a last word are a span of the sentence: bool [B, T, T]."""
    position = torch.arange(width, device=lengths.device)
    inside = position[None, :] < lengths[:, None]  # [B, T]
    return (inside[:, :, None] & inside[:, None, :]).triu()

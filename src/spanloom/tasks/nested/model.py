"""The networks of nested entities: one encoder in words, and a biaffine table of spans over it. Torch.

B batch, T words, D width, K labels, N spans that there could be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.encoders import build_encoder
from spanloom.encoders.contract import Wanted
from spanloom.nn.encoder import EncoderModule
from spanloom.nn.heads.biaffine import Biaffine
from spanloom.nn.loss import open_loss, symmetric_kl
from spanloom.nn.model import Model
from spanloom.tasks.nested.codec import NestedCodec
from spanloom.tasks.nested.config import NestedConfig


class NestedModel(Model):
    """A biaffine table over the encoder: spans [B, T, T, K] (first word, last word), logits; none is the logit 0."""

    def __init__(self, encoder: EncoderModule, config: NestedConfig, labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.spans = Biaffine(encoder.width, config.projection, labels, config.reach, config.dropout)

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        return {"spans": self.spans(self.encoder(**inputs).vectors)}


def build(config: NestedConfig, codec: NestedCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises CheckpointError or DataError for pretrained files.
    """
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture))
    model = NestedModel(encoder, config, len(codec.labels))
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A sum, named as in `Batch.counts`: over all spans that there could be, each a choice of a label or none."""
    cells = _cells(targets["lengths"], outputs["spans"].shape[1])
    logits, gold = _with_none(outputs["spans"][cells]), targets["spans"][cells]  # [N, K + 1], [N]
    if "open" in targets:
        return {"spans": open_loss(logits, targets["open"][cells], torch.ones_like(logits[:, 0]))}
    return {"spans": nn.functional.cross_entropy(logits, gold, reduction="sum")}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart, named as the loss."""
    cells = _cells(targets["lengths"], outputs["spans"].shape[1])
    first, second = (_with_none(some["spans"][cells]) for some in (outputs, others))  # [N, K + 1]
    return {"spans": symmetric_kl(first, second, torch.ones_like(first[:, 0]))}


def _with_none(scores: Tensor) -> Tensor:
    """Scores [N, K] of labels with the score of none, 0, before them: [N, K + 1]."""
    return nn.functional.pad(scores, (1, 0))


def _cells(lengths: Tensor, width: int) -> Tensor:
    """Which pairs of a first and a last word are a span of the sentence: bool [B, T, T]."""
    position = torch.arange(width, device=lengths.device)
    inside = position[None, :] < lengths[:, None]  # [B, T]
    return (inside[:, :, None] & inside[:, None, :]).triu()

"""The networks of tagging: one encoder in words, and one score for each tag of each token. Torch.

B batch, T tokens, K tags, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.nn.encoders.words import Encoder, build_encoder
from spanloom.nn.heads.crf import LinearChainCRF, nll
from spanloom.nn.loss import class_loss, symmetric_kl
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig


class TagModel(nn.Module):
    """A linear layer over the encoder: emissions [B, T, K].

    With a CRF above, also transitions [K, K], start [K] and end [K], which are the same for every batch, minus infinity
    where the scheme forbids: what its likelihood and its decoding need besides the emissions.
    """

    def __init__(self, encoder: Encoder, tags: int, crf: LinearChainCRF | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.tagger = nn.Linear(encoder.width, tags)
        self.crf = crf

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        emissions = self.tagger(self.encoder(**inputs).vectors)  # [B, T, K]
        if self.crf is None:
            return {"emissions": emissions}
        transitions, start, end = self.crf.scores()
        return {"emissions": emissions, "transitions": transitions, "start": start, "end": end}


def build(config: TagConfig, codec: TagCodec, architecture: Mapping[str, Any] | None = None) -> nn.Module:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises CheckpointError or DataError for pretrained files.
    """
    encoder = build_encoder(config.encoder, config.dropout, codec.features, architecture)
    tags = len(codec.tagset.tags)
    crf = (
        LinearChainCRF(tags, *map(torch.isfinite, map(torch.from_numpy, codec.tagset.rules())))
        if config.head == "crf"
        else None
    )
    model = TagModel(encoder, tags, crf)
    model.architecture = encoder.architecture  # type: ignore[assignment]
    model.pretrained_prefixes = encoder.pretrained_prefixes  # type: ignore[assignment]
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums over tokens, named as `Batch.counts`: a CRF's likelihood is of sentences, but grows with their length."""
    emissions, tags = outputs["emissions"], targets["tags"]
    if "transitions" in outputs:
        chain = outputs["transitions"], outputs["start"], outputs["end"]
        return {"tags": nll(emissions, *chain, tags, targets["lengths"]).sum()}
    flat = emissions.flatten(0, 1), tags.flatten(), targets["weights"].flatten()
    gamma, smoothing = float(targets["focal_gamma"]), float(targets["label_smoothing"])
    return {"tags": class_loss(*flat, targets.get("class_weights"), gamma, smoothing)}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart, named as the loss: over each token's emissions, as a choice of K.

    Under a CRF too, as its transitions are the same in both.
    """
    first, second = outputs["emissions"], others["emissions"]  # [B, T, K]
    if "weights" in targets:
        return {"tags": symmetric_kl(first, second, targets["weights"])}
    position = torch.arange(first.shape[1], device=first.device)
    inside = position < targets["lengths"][:, None]  # [B, T]
    return {"tags": symmetric_kl(first, second, inside)}

"""The networks of tagging: one encoder in words, and one score for each tag of each token. Torch.

B batch, T tokens, K tags, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from spanloom.encoders import build_encoder
from spanloom.encoders.contract import Wanted
from spanloom.nn.encoder import EncoderModule
from spanloom.nn.heads.crf import LinearChainCRF
from spanloom.nn.heads.tags import build_crf, tag_divergence, tag_loss, tag_outputs
from spanloom.nn.model import Model
from spanloom.tasks.tag.codec import TagCodec
from spanloom.tasks.tag.config import TagConfig


class TagModel(Model):
    """A linear layer over the encoder: emissions [B, T, K], and what a CRF above needs besides."""

    def __init__(self, encoder: EncoderModule, tags: int, crf: LinearChainCRF | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.tagger = nn.Linear(encoder.width, tags)
        self.crf = crf

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        return tag_outputs(self.tagger(self.encoder(**inputs).vectors), self.crf)


def build(config: TagConfig, codec: TagCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises CheckpointError or DataError for pretrained files.
    """
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture))
    model = TagModel(encoder, len(codec.tagset.tags), build_crf(codec.tagset) if config.head == "crf" else None)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A sum over tokens, named as `Batch.counts`."""
    return {"tags": tag_loss(outputs, targets)}


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart, a sum named as the loss."""
    return {"tags": tag_divergence(outputs, others, targets)}

"""The network of classification: one encoder, its vectors pooled, one linear layer. Torch.

B batch, T words or pieces, D width, S scores.
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
from spanloom.nn.heads.pooling import Pooling
from spanloom.nn.model import Model
from spanloom.tasks.classify.codec import ClassifyCodec
from spanloom.tasks.classify.config import ClassifyConfig


class ClassifyModel(Model):
    """classes [B, S], logits.

    siamese: the inputs are [B, 2, ...], two texts that the same encoder reads one by one. Of their vectors u and v, the
    linear layer sees [u; v; |u - v|; u * v] (Conneau et al. 2017, https://aclanthology.org/D17-1070).
    """

    def __init__(self, encoder: EncoderModule, pooling: Pooling, siamese: bool, dropout: float, scores: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooling = pooling
        self.siamese = siamese
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(encoder.width * (4 if siamese else 1), scores)

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        if self.siamese:
            inputs = {name: tensor.flatten(0, 1) for name, tensor in inputs.items()}  # [2B, ...]
        pooled: Tensor = self.pooling(self.encoder(**inputs).vectors, inputs["lengths"])  # [B or 2B, D]
        if self.siamese:
            u, v = pooled.reshape(-1, 2, pooled.shape[1]).unbind(1)
            pooled = torch.cat([u, v, (u - v).abs(), u * v], dim=1)  # [B, 4D]
        return {"classes": self.classifier(self.dropout(pooled))}


def build(config: ClassifyConfig, codec: ClassifyCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises ConfigError where there is but one class to choose, CheckpointError or DataError for pretrained files.
    """
    if codec.classes.decision == "one" and codec.classes.scores < 2:
        found = f"every example has the label '{codec.classes.names[0]}'"
        raise ConfigError("data.train", found, "two classes at least", "Name other data.")
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture))
    if config.pooling == "last" and encoder.backward is None:
        found = "is 'last', but there are no recurrent layers whose last state it could be"
        raise ConfigError("model.pooling", found, remedy="Choose 'first', 'max', 'mean' or 'attention'.")
    pooling = Pooling(config.pooling, encoder.width, encoder.backward or 0)
    model = ClassifyModel(encoder, pooling, codec.siamese, config.dropout, codec.classes.scores)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model

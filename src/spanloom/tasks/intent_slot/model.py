"""The network of intents and slots: one encoder, an intent of the whole, and tags that are told of it. Torch.

B batch, T tokens, K tags, I intents, D width of the encoder, W width of what slots are told.
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
from spanloom.nn.heads.crf import LinearChainCRF
from spanloom.nn.heads.pooling import Pooling
from spanloom.nn.heads.tags import build_crf, tag_divergence, tag_loss, tag_outputs
from spanloom.nn.loss import class_loss, masked_scores, symmetric_kl
from spanloom.nn.model import Model
from spanloom.tasks.intent_slot.codec import IntentSlotCodec
from spanloom.tasks.intent_slot.config import IntentSlotConfig


class IntentSlotModel(Model):
    """intents [B, I], logits; emissions [B, T, K], and what a CRF above needs besides.

    A request's vector is the maximum of its words' vectors beside their attention-weighted mean. How probable each
    intent is, as a weighted mean of vectors of the intents, stands beside each word's vector where its tag is decided.
    """

    def __init__(
        self,
        encoder: EncoderModule,
        intents: int,
        tags: int,
        intent_width: int,
        dropout: float,
        crf: LinearChainCRF | None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.strongest = Pooling("max", encoder.width)
        self.attended = Pooling("attention", encoder.width)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * encoder.width, intents)
        self.told = nn.Linear(intents, intent_width, bias=False) if intent_width else None
        self.hidden = nn.Linear(encoder.width + intent_width, encoder.width)
        self.tagger = nn.Linear(encoder.width, tags)
        self.crf = crf

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        words, lengths = self.encoder(**inputs).vectors, inputs["lengths"]  # [B, T, D]
        whole = torch.cat([self.strongest(words, lengths), self.attended(words, lengths)], dim=1)  # [B, 2D]
        intents = self.classifier(self.dropout(whole))  # [B, I]
        if self.told is not None:
            told = self.told(torch.softmax(intents, dim=1))  # [B, W]
            words = torch.cat([words, told[:, None, :].expand(-1, words.shape[1], -1)], dim=2)  # [B, T, D + W]
        hidden = self.dropout(torch.tanh(self.hidden(words)))  # [B, T, D]
        return {"intents": intents, **tag_outputs(self.tagger(hidden), self.crf)}


def build(config: IntentSlotConfig, codec: IntentSlotCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises ConfigError where there is but one intent to choose, CheckpointError or DataError for pretrained files.
    """
    if len(codec.intents) < 2:
        found = f"every example has the intent '{codec.intents[0]}'"
        raise ConfigError("data.train", found, "two intents at least", "Use the task 'tag' for slots alone.")
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture))
    crf = build_crf(codec.tagset) if config.head == "crf" else None
    sizes = len(codec.intents), len(codec.tagset.tags), config.intent_width
    model = IntentSlotModel(encoder, *sizes, config.dropout, crf)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums over requests and over tokens, named as `Batch.counts`."""
    logits = outputs["intents"]
    if "judged_intents" in targets:
        logits = masked_scores(logits, targets["judged_intents"])
    return {
        "intents": class_loss(logits, targets["intents"], torch.ones_like(logits[:, 0])),
        "tags": tag_loss(outputs, targets),
    }


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart, as sums named as the losses."""
    logits, again = outputs["intents"], others["intents"]
    return {
        "intents": symmetric_kl(logits, again, torch.ones_like(logits[:, 0])),
        "tags": tag_divergence(outputs, others, targets),
    }

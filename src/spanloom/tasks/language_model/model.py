"""The networks of language models: vectors of units, recurrent layers, and how likely each unit is to come next. Torch.

B batch, T units, V units in the vocabulary, H hidden width, S numbers of a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spanloom.nn.layers.units import UnitEncoder
from spanloom.nn.model import Model
from spanloom.tasks.language_model.codec import LanguageModelCodec
from spanloom.tasks.language_model.config import LanguageModelConfig


class LanguageModel(Model):
    """tokens, following [B, T], lengths [B], state [B, S] -> log_probs [B, T] of what follows, 0 at padding; next
    [B, V], the logits of what comes behind each row; and the state [B, S] there.
    """

    def __init__(self, config: LanguageModelConfig, units: int) -> None:
        super().__init__()
        sizes = config.embedding, config.hidden, config.layers, config.dropout
        self.encoder = UnitEncoder(units, *sizes, config.cell)
        self.adversarial_names = ("encoder.embedding",) if config.embedding else ()
        self.output = nn.Linear(config.hidden, units)
        if config.tied and self.encoder.embedding is not None:
            self.output.weight = self.encoder.embedding.weight

    def forward(self, tokens: Tensor, following: Tensor, lengths: Tensor, state: Tensor) -> dict[str, Tensor]:
        x, after = self.encoder(tokens, lengths, state)  # [B, T, H]
        logits = self.output(x).float()  # [B, T, V]
        log_probs = F.log_softmax(logits, dim=2).gather(2, following[:, :, None]).squeeze(2)  # [B, T]
        inside = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
        last = (lengths - 1)[:, None, None].expand(-1, 1, logits.shape[2])
        return {
            "log_probs": torch.where(inside, log_probs, 0.0),
            "next": logits.gather(1, last).squeeze(1),
            "state": after.float(),
        }


def build(
    config: LanguageModelConfig, codec: LanguageModelCodec, architecture: Mapping[str, Any] | None = None
) -> Model:
    """The model of a configuration; there is nothing pretrained to start from."""
    return LanguageModel(config, len(codec.units))


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """How surprising what followed was, in nats, summed over units."""
    return {"units": -outputs["log_probs"].sum()}

"""The network of rewriting: one encoder over the whole dialogue, and scores of edits for all pairs of tokens. Torch.

B batch, T tokens, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.encoders import build_encoder, layers_above
from spanloom.encoders.contract import Wanted
from spanloom.nn.encoder import EncoderModule
from spanloom.nn.heads.edits import EditTable, edit_losses
from spanloom.nn.model import Model
from spanloom.tasks.rewrite.codec import RewriteCodec
from spanloom.tasks.rewrite.config import RewriteConfig
from spanloom.tasks.rewrite.reading import SHARED, TURNS


class RewriteModel(Model):
    """What the encoder says of each token, which turn it stands in and in which others too, layers above, edits.

    The encoder has no layers of its own above the words: they stand here, above all that is known of a token.
    """

    def __init__(self, encoder: EncoderModule, config: RewriteConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.turns = nn.Embedding(TURNS, config.turn_width)
        self.shared = nn.Embedding(SHARED, config.turn_width)
        self.above = layers_above(config.encoder, encoder.width + 2 * config.turn_width, config.dropout)
        self.edits = EditTable(self.above.width, config.rank, config.insertions, config.dropout)

    def forward(self, turns: Tensor, shared: Tensor, **inputs: Tensor) -> dict[str, Tensor]:
        words = self.encoder(**inputs).vectors  # [B, T, D]
        parts = [words, self.turns(turns).to(words.dtype), self.shared(shared).to(words.dtype)]
        scores: dict[str, Tensor] = self.edits(
            self.above(torch.cat(parts, dim=-1), inputs["lengths"]), inputs["lengths"]
        )
        return scores


def build(config: RewriteConfig, codec: RewriteCodec, architecture: Mapping[str, Any] | None = None) -> Model:
    """The model of a configuration; `architecture` None starts from pretrained weights and vectors.

    Raises CheckpointError or DataError for pretrained files.
    """
    encoder = build_encoder(config.encoder, codec.features, Wanted(config.dropout, architecture, above=False))
    model = RewriteModel(encoder, config)
    model.architecture = encoder.architecture
    model.pretrained_prefixes = encoder.pretrained_prefixes
    return model


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums over dialogues, named as `Batch.counts`."""
    return edit_losses(outputs, targets)

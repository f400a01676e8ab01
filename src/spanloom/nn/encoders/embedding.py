"""Embedding tables: words (random or from a vector file) and small symbols. B batch, T tokens, D width."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WordEmbedding(nn.Module):
    """Numbers [B, T] (0 pads) -> vectors [B, T, D].

    Whole words are dropped out, as single dimensions of a word vector mean little.
    """

    def __init__(self, size: int, width: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(size, width, padding_idx=0)
        nn.init.uniform_(self.table.weight, -((3.0 / width) ** 0.5), (3.0 / width) ** 0.5)
        self.table.weight.data[0] = 0.0
        self.dropout = dropout

    def load(self, vectors: Tensor) -> None:
        """Start from given vectors [size, D]."""
        with torch.no_grad():
            self.table.weight.copy_(vectors)

    def forward(self, numbers: Tensor) -> Tensor:
        vectors: Tensor = self.table(numbers)
        if self.training and self.dropout:
            keep = torch.rand(numbers.shape, device=vectors.device) >= self.dropout
            vectors = vectors * keep[:, :, None]
        return vectors

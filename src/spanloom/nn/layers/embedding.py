"""Embedding tables: words (random or from a vector file) and hashed sub-words.

B batch, T tokens, D width, A attributes of a word and S hashes of each.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WordEmbedding(nn.Module):
    """Numbers [B, T] (0 pads, 1 is unknown) -> vectors [B, T, D].

    Whole words are dropped out, as single dimensions of a word vector mean little.
    frozen: so many words, numbered from 2, are never trained. They stand in a table of their own, which takes no
    gradient, no moments and no average: an update takes as long as the trained words need, however many there are.
    """

    def __init__(self, size: int, width: int, dropout: float, frozen: int = 0) -> None:
        super().__init__()
        self.table = nn.Embedding(size - frozen, width, padding_idx=0)
        nn.init.uniform_(self.table.weight, -((3.0 / width) ** 0.5), (3.0 / width) ** 0.5)
        self.table.weight.data[0] = 0.0
        self.known = frozen
        self.width = width
        self.frozen = nn.Buffer(torch.zeros(frozen, width)) if frozen else None
        self.dropout = dropout

    def load(self, vectors: Tensor) -> None:
        """Start from given vectors [size, D]."""
        with torch.no_grad():
            if self.frozen is not None:
                known = len(self.frozen)
                self.frozen.copy_(vectors[2 : 2 + known])
                vectors = torch.cat([vectors[:2], vectors[2 + known :]])
            self.table.weight.copy_(vectors)

    def forward(self, numbers: Tensor) -> Tensor:
        vectors = self._look_up(numbers)
        if self.training and self.dropout:
            keep = torch.rand(numbers.shape, device=vectors.device) >= self.dropout
            vectors = vectors * keep[:, :, None]
        return vectors

    def _look_up(self, numbers: Tensor) -> Tensor:
        if self.frozen is None:
            found: Tensor = self.table(numbers)
            return found
        known = len(self.frozen)
        is_frozen = (numbers >= 2) & (numbers < 2 + known)
        trained = self.table(torch.maximum(numbers - known, numbers.clamp(max=1)))
        given = nn.functional.embedding((numbers - 2).clamp(0, known - 1), self.frozen)
        return torch.where(is_frozen[:, :, None], given, trained)


class HashedEmbedding(nn.Module):
    """Rows [B, T, AS] of one table -> [B, T, A * D]: each attribute's sum over its own rows, side by side."""

    def __init__(self, rows: int, width: int, attributes: int) -> None:
        super().__init__()
        self.table = nn.Embedding(rows, width)
        nn.init.uniform_(self.table.weight, -0.1, 0.1)
        self.attributes = attributes
        self.width = attributes * width

    def forward(self, hashed: Tensor) -> Tensor:
        batch, words, _ = hashed.shape
        vectors: Tensor = self.table(hashed)  # [B, T, AS, D]
        return vectors.reshape(batch, words, self.attributes, -1, vectors.shape[-1]).sum(3).flatten(2)

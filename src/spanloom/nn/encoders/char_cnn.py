"""Words from their characters: a one-dimensional convolution and a maximum.

B batch, T words, C characters a word, F filters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CharCNN(nn.Module):
    """characters [B, T, C] (0 pads) -> [B, T, F], at least 0. A word without characters gives zeros."""

    def __init__(self, size: int, width: int, filters: int, window: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.table = nn.Embedding(size, width, padding_idx=0)
        self.convolution = nn.Conv1d(width, filters, window, padding=window // 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, characters: Tensor) -> Tensor:
        batch, words, length = characters.shape
        flat = characters.reshape(batch * words, length)  # [BT, C]
        vectors = self.dropout(self.table(flat)).transpose(1, 2)  # [BT, width, C]
        found = self.convolution(vectors).masked_fill((flat == 0)[:, None, :], -1e4)  # padding never wins the maximum
        best = torch.relu(found.amax(dim=2))  # [BT, F]
        return best.reshape(batch, words, -1)

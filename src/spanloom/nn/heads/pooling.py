"""The vectors of a sentence to one vector. B batch, T tokens, D width, A width of the attention.

Padded positions may hold any number; every sentence has at least one token.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from spanloom.nn.layers.rnn import take

PoolingKind = Literal["first", "last", "max", "mean", "attention"]

ATTENTION = 128
"""A."""


class Pooling(nn.Module):
    """x [B, T, D], lengths [B] -> [B, D], of one of these kinds:

    first      the first vector: of a transformer, that of its classification piece
    last       the state after the whole sentence; of the last `backward` dimensions, which were read from right to
               left, that is the first vector
    max, mean  of each dimension, over the sentence
    attention  a mean weighted by what a small network makes of each vector (Yang et al. 2016,
               https://aclanthology.org/N16-1174)
    """

    def __init__(self, kind: PoolingKind, width: int, backward: int = 0) -> None:
        super().__init__()
        self.kind = kind
        self.backward = backward
        self.attention: nn.Sequential | None = None
        if kind == "attention":
            self.attention = nn.Sequential(nn.Linear(width, ATTENTION), nn.Tanh(), nn.Linear(ATTENTION, 1, bias=False))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        if self.kind == "first":
            return x[:, 0]
        if self.kind == "last":
            return last_state(x, lengths, self.backward)
        if self.kind == "max":
            return max_over_time(x, lengths)
        if self.attention is None:
            return mean_over_time(x, lengths)
        scores: Tensor = self.attention(x).float()  # [B, T, 1]
        weights = torch.softmax(scores.masked_fill(~_inside(x, lengths), -torch.inf), dim=1)
        return _weighted_sum(x, weights.to(x.dtype), lengths)


def last_state(x: Tensor, lengths: Tensor, backward: int) -> Tensor:
    """[B, T, D] -> [B, D]: the last token's vector, but the first one's in the last `backward` dimensions."""
    ahead = x.shape[2] - backward
    last = take(x, lengths[:, None] - 1)[:, 0]  # [B, D]
    return torch.cat([last[:, :ahead], x[:, 0, ahead:]], dim=1)


def max_over_time(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T, D] -> [B, D]."""
    return x.masked_fill(~_inside(x, lengths), -torch.inf).amax(dim=1)


def mean_over_time(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T, D] -> [B, D]."""
    return _weighted_sum(x, (1 / lengths.to(x.dtype))[:, None, None], lengths)


def mean_where(x: Tensor, chosen: Tensor) -> Tensor:
    """x [B, T, D], chosen [B, T] bool, true somewhere in each row and never at padding -> [B, D]."""
    count = chosen.sum(dim=1, keepdim=True).to(x.dtype)  # [B, 1]
    return x.masked_fill(~chosen[:, :, None], 0.0).sum(dim=1) / count


def _weighted_sum(x: Tensor, weights: Tensor, lengths: Tensor) -> Tensor:
    return (x * weights).masked_fill(~_inside(x, lengths), 0.0).sum(dim=1)


def _inside(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T, 1]: true at tokens, false at padding."""
    return (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[:, :, None]

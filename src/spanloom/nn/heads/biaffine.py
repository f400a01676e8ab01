"""Scores of labelled spans by a biaffine product of their first and last words.

B batch, T words, D input width, H hidden width, K labels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Biaffine(nn.Module):
    """x [B, T, D] -> scores [B, T, T, K] (first word, last word): `[u_i; 1] W_k [v_j; 1] + c_k(j - i)`.

    u and v are hidden projections of the first and of the last word, W_k [H + 1, H + 1] a full matrix for each label,
    the ones in it its biases of either word alone; c_k is a learned bias for the length, which is clipped to `reach`
    words. No label is the score 0, so that a span is there where its score is above. Cells whose last word stands
    before the first are scored too, and mean nothing.

    Dozat and Manning 2017, https://arxiv.org/abs/1611.01734; for named entities Yu et al. 2020,
    https://aclanthology.org/2020.acl-main.577. At the start every score is `prior`, the log-odds of a span.
    """

    def __init__(self, width: int, hidden: int, labels: int, reach: int, dropout: float, prior: float = -5.0) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout))
        self.last = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout))
        self.weight = nn.Parameter(torch.zeros(labels, hidden + 1, hidden + 1))
        self.reach = reach
        self.length = nn.Embedding(reach + 1, labels)
        nn.init.zeros_(self.length.weight)
        with torch.no_grad():
            self.weight[:, -1, -1] = prior

    def forward(self, x: Tensor) -> Tensor:
        u, v = _with_one(self.first(x)), _with_one(self.last(x))  # [B, T, H + 1]
        batch, length, inner = u.shape
        matrix = self.weight.to(u.dtype).permute(1, 0, 2).reshape(inner, -1)  # [H + 1, K(H + 1)]
        firsts = (u @ matrix).reshape(batch, -1, inner)  # [B, TK, H + 1]
        scores = (firsts @ v.transpose(1, 2)).reshape(batch, length, -1, length)  # [B, T, K, T]
        return scores.permute(0, 1, 3, 2) + self._lengths(x)

    def _lengths(self, x: Tensor) -> Tensor:
        position = torch.arange(x.shape[1], device=x.device)
        lengths = (position[None, :] - position[:, None]).clamp(0, self.reach)  # [T, T]
        biases: Tensor = self.length(lengths)  # [T, T, K]
        return biases


def _with_one(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)

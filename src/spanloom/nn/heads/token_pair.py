"""Scores for labelled pairs of tokens, low in rank, so that hundreds of labels cost little.

B batch, T tokens, D input width, K rank, L labels, F features of the text between two tokens, M attention maps.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

MANY = 64  # with more labels than a sentence has words, products of tokens are less work than weighted tokens


def weigh(weight: Tensor, features: Tensor) -> Tensor:
    """weight [L, K], features [B, K, N] -> scores [B, L, N], each label's cells side by side.

    `weight @ features` is the same, but copies the features where the weight is trained, and leaves the labels of a
    cell side by side, for which every later pass over the table pays.
    """
    if torch.compiler.is_exporting():  # nothing is trained there, and the weight would be copied for every sentence
        return weight @ features
    return torch.bmm(weight.expand(len(features), -1, -1), features)


class PairTable(nn.Module):
    """x [B, T, D] -> scores [B, L, T, T]: `score_l(i, j) = sum_k w_lk q_ik p_jk + a_l.u_i + b_l.v_j + c_l(j - i)`.

    u and v are hidden projections of the first and the second token, q and p their rank-K projections, c_l a learned
    bias for the distance, which is clipped to `reach` tokens either way.
    """

    def __init__(self, width: int, hidden: int, rank: int, labels: int, reach: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout))
        self.second = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout))
        self.query = nn.Linear(hidden, rank)
        self.key = nn.Linear(hidden, rank)
        self.weight = nn.Parameter(torch.randn(labels, rank) * rank**-0.5)
        self.first_bias = nn.Linear(hidden, labels)
        self.second_bias = nn.Linear(hidden, labels, bias=False)
        self.reach = reach
        self.distance = nn.Embedding(2 * reach + 1, labels)
        nn.init.zeros_(self.distance.weight)

    def forward(self, x: Tensor) -> Tensor:
        u, v = self.first(x), self.second(x)  # [B, T, hidden]
        q, p = self.query(u), self.key(v)  # [B, T, K]
        # In place: these tables are what memory goes to. Not on a view, whose gradient would be copied every time.
        scores: Tensor = self._distances(x) + self.first_bias(u).transpose(1, 2)[:, :, :, None]  # [B, L, T, T]
        scores += self.second_bias(v).transpose(1, 2).contiguous()[:, :, None, :]
        scores += self._many(q, p) if len(self.weight) > MANY else self._few(q, p)
        return scores

    def _few(self, q: Tensor, p: Tensor) -> Tensor:
        batch, length, rank = q.shape
        weighted = q[:, None] * self.weight.to(q.dtype)[None, :, None, :]  # [B, L, T, K]
        scores = weighted.reshape(batch, -1, rank) @ p.transpose(1, 2)  # [B, LT, T]
        return scores.reshape(batch, -1, length, length)

    def _many(self, q: Tensor, p: Tensor) -> Tensor:
        batch, length, rank = q.shape
        products = q.transpose(1, 2)[:, :, :, None] * p.transpose(1, 2)[:, :, None, :]  # [B, K, T, T]
        scores = weigh(self.weight, products.reshape(batch, rank, -1))  # [B, L, TT]
        return scores.reshape(batch, -1, length, length)

    def _distances(self, x: Tensor) -> Tensor:
        position = torch.arange(x.shape[1], device=x.device)
        steps = (position[None, :] - position[:, None]).clamp(-self.reach, self.reach) + self.reach  # [T, T]
        biases: Tensor = self.distance(steps)  # [T, T, L]
        return biases.permute(2, 0, 1).contiguous()[None]  # [1, L, T, T]


class Between(nn.Module):
    """What stands between two tokens: x [B, T, D] -> scores [B, L, T, T], added to the relation tables.

    Each of F features is summed softly over the tokens after the earlier of i and j, up to and with the later one,
    `log(1 + sum exp f)`: a maximum with a gradient, which a difference of running sums gives for all pairs at once.
    Each label weighs the features, and reads them differently when the tail stands before the head.
    """

    def __init__(self, width: int, features: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, features))
        self.rightward = nn.Linear(features, labels)
        self.leftward = nn.Linear(features, labels)

    def forward(self, x: Tensor) -> Tensor:
        strength = 5.0 * torch.tanh(self.features(x).float() / 5.0)  # bounded, so that sums keep their precision
        summed = torch.cumsum(torch.exp(strength), dim=1).transpose(1, 2)  # [B, F, T]
        position = torch.arange(x.shape[1], device=x.device)
        ahead = position[None, :] >= position[:, None]  # [T, T]
        sides = torch.stack([ahead, ~ahead]).to(summed.dtype)  # [2, T, T]
        between = torch.log1p((summed[:, :, None, :] - summed[:, :, :, None]).abs())  # [B, F, T, T]
        read = between[:, None] * sides[:, None]  # [B, 2, F, T, T]
        weight = torch.cat([self.rightward.weight, self.leftward.weight], dim=1)  # [L, 2F]
        scores = weigh(weight, read.flatten(1, 2).flatten(2)).reshape(x.shape[0], -1, *ahead.shape)  # [B, L, T, T]
        bias = torch.where(ahead, self.rightward.bias[:, None, None], self.leftward.bias[:, None, None])  # [L, T, T]
        total: Tensor = scores + bias
        return total


def attention_strength(maps: Tensor) -> Tensor:
    """`log(1 + 50 a) - 1` of attention maps [B, M, T, T], from -1 to 3, in as few passes over them as there can be."""
    return torch.log(maps * (50.0 / math.e) + 1.0 / math.e)


class Attended(nn.Module):
    """What the encoder's own attention says of two tokens, as scores [B, L, T, T] to be added to a table.

    Each label weighs the `attention_strength` [B, M, T, T] of every map, from the first token to the second and back.
    Attention heads follow syntax and coreference (Clark et al. 2019, https://arxiv.org/abs/1906.04341), which is about
    pairs, and which projections of single tokens have to find again; contact maps of proteins are read from attention
    in the same way (Rao et al. 2021).
    """

    def __init__(self, maps: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.weigh = nn.Linear(maps, 2 * labels)

    def forward(self, strength: Tensor) -> Tensor:
        batch, count, length, _ = strength.shape
        flat = self.dropout(strength).reshape(batch, count, -1)  # [B, M, TT]
        scores = weigh(self.weigh.weight, flat) + self.weigh.bias[:, None]  # [B, 2L, TT]
        there, back = scores.reshape(batch, -1, length, length).chunk(2, dim=1)
        total: Tensor = there + back.transpose(2, 3)
        return total


def at_cells(values: Tensor, first: Tensor, second: Tensor, length: int) -> Tensor:
    """Values [B, M, L] for M cells, first and second token [B, M], as a table [B, L, T, T] that is 0 elsewhere.

    Values for the same cell add up.
    """
    position = torch.arange(length, device=values.device)
    rows = (first[:, :, None] == position).to(values.dtype)  # [B, M, T]
    columns = (second[:, :, None] == position).to(values.dtype)
    batch, _, labels = values.shape
    weighted = values.transpose(1, 2)[:, :, None, :] * rows.transpose(1, 2)[:, None]  # [B, L, T, M]
    return (weighted.reshape(batch, labels * length, -1) @ columns).reshape(batch, labels, length, length)

"""Losses that sum, so that the engine can divide by the counts of a whole group. B batch, L labels, T words, K tags."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

EXCLUDED = -1e4  # a score that no exponential notices, in float32


def multilabel_loss(scores: Tensor, gold: Tensor, valid: Tensor) -> Tensor:
    """Sum over [B, L] of `log(1 + sum_neg e^s) + log(1 + sum_pos e^-s)`.

    It pushes each label's positive cells above 0 and the rest below. scores [B, L, ...] float32; gold, of that shape,
    and valid (broadcastable) bool; cells that are not valid take no part, and no gold cell is among them. The
    multi-label softmax of Su Jianlin (https://kexue.fm/archives/7359), in its dense form.
    """
    scores, gold, valid = scores.flatten(2), gold.flatten(2), valid.expand_as(scores).flatten(2)  # [B, L, cells]
    zero = scores.new_zeros(*scores.shape[:2], 1)
    negative = torch.cat([zero, scores.masked_fill(gold | ~valid, EXCLUDED)], dim=-1)
    positive = torch.cat([zero, (-scores).masked_fill(~gold, EXCLUDED)], dim=-1)
    return (torch.logsumexp(negative, dim=-1) + torch.logsumexp(positive, dim=-1)).sum()


def token_loss(logits: Tensor, tags: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of cross-entropies: logits [B, T, K], tags [B, T], weights [B, T], 0 at padding."""
    each = functional.cross_entropy(logits.transpose(1, 2), tags, reduction="none")  # [B, T]
    return (each * weights).sum()

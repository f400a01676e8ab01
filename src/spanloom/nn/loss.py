"""Losses that sum, so that the engine can divide by the counts of a whole group.

B batch, L labels, T words, N tokens or examples, K tags or classes.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

EXCLUDED = -1e4  # a score that no exponential notices, in float32
LEAST = -80.0  # the exponential of less is zero beside 1, and slow to compute


def multilabel_loss(scores: Tensor, gold: Tensor, valid: Tensor) -> Tensor:
    """Sum over [B, L] of `log(1 + sum_neg e^s) + log(1 + sum_pos e^-s)`.

    It pushes each label's gold cells above 0 and the rest below.
    scores [B, L, ...] float32; gold and valid (broadcastable) bool; cells that are not valid take no part. The
    multi-label softmax of Su Jianlin (https://kexue.fm/archives/7359), in its dense form; its second part is computed
    for those rows alone that have gold, which among hundreds of relations are few.
    """
    valid = valid.expand_as(scores).flatten(2)  # [B, L, cells]
    total: Tensor = _MultilabelLoss.apply(scores.flatten(2), gold.flatten(2) & valid, valid)  # type: ignore[no-untyped-call]
    return total


def masked_scores(scores: Tensor, valid: Tensor) -> Tensor:
    """Scores of which those that are not valid (bool, broadcastable) are out of sight of `multilabel_loss`, and have a
    gradient of exactly 0; without this it is too small to matter.
    """
    return scores.masked_fill(~valid, EXCLUDED)


class _MultilabelLoss(torch.autograd.Function):
    """Scores [B, L, cells] -> the sum of both parts.

    One gradient is written for both, the second part's into those rows alone that it has.
    """

    @staticmethod
    def forward(context: Any, scores: Tensor, gold: Tensor, valid: Tensor) -> Tensor:
        present = gold.any(dim=-1)  # [B, L]
        negative, *of_negative = _log_one_plus_sum(scores, gold | ~valid)
        positive, *of_positive = _log_one_plus_sum(-scores[present], ~gold[present])
        context.save_for_backward(present, *of_negative, *of_positive)
        return negative.sum() + positive.sum()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        present, exponentials, total, of_present, total_of_present = context.saved_tensors
        found = exponentials * (gradient / total)
        found[present] -= of_present * (gradient / total_of_present)
        return found, None, None


def _log_one_plus_sum(scores: Tensor, excluded: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`log(1 + sum e^score)` over the last axis, without the excluded cells, and what its gradient is the quotient of.

    The exponentials are kept for the gradient: they are what costs, and torch.logsumexp would take them three times.
    """
    kept = scores.masked_fill(excluded, EXCLUDED)
    highest = kept.amax(dim=-1, keepdim=True).clamp_(min=0.0)  # the 1 is an exponential too, of 0
    exponentials = kept.sub_(highest).clamp_(min=LEAST).exp_()
    total = exponentials.sum(dim=-1, keepdim=True) + torch.exp(-highest)
    return (total.log() + highest).squeeze(-1), exponentials, total


def token_loss(logits: Tensor, tags: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of cross-entropies: logits [B, T, K], tags [B, T], weights [B, T], 0 at padding."""
    return class_loss(logits.flatten(0, 1), tags.flatten(), weights.flatten())


def class_loss(
    logits: Tensor,
    gold: Tensor,
    weights: Tensor,
    class_weights: Tensor | None = None,
    gamma: float = 0.0,
    smoothing: float = 0.0,
) -> Tensor:
    """Weighted sum of the losses of single choices: logits [N, K], gold [N], weights [N], 0 where nothing is learnt.

    smoothing: this part of each target is spread evenly over all K classes (Szegedy et al. 2016,
    https://arxiv.org/abs/1512.00567). class_weights [K] multiply what each class adds. gamma: of the focal loss (Lin et
    al. 2017, https://arxiv.org/abs/1708.02002), where a class that has probability p adds `-(1 - p)^gamma log p`, so
    that what is already right weighs little. All left out, it is cross-entropy.
    """
    if not gamma:
        each = functional.cross_entropy(
            logits, gold, weight=class_weights, reduction="none", label_smoothing=smoothing
        )  # [N]
        return (each * weights).sum()
    log_p = logits.log_softmax(dim=-1)  # [N, K]
    target = torch.full_like(log_p, smoothing / log_p.shape[-1])
    target.scatter_add_(1, gold[:, None], torch.full_like(log_p[:, :1], 1.0 - smoothing))
    if class_weights is not None:
        target = target * class_weights
    return -((target * _doubt(log_p, gamma) * log_p).sum(dim=-1) * weights).sum()


def open_loss(logits: Tensor, open_: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of minus the logarithm of the probability of what gold leaves open: logits [..., K], open_ bool of
    that shape, weights [...].

    One open class is its cross-entropy; where all are open, the loss and its gradient are exactly 0.
    """
    learnt = (weights > 0) & ~open_.all(dim=-1)
    scores, kept = logits[learnt], open_[learnt]  # [N, K]
    each = torch.logsumexp(scores, -1) - torch.logsumexp(scores.masked_fill(~kept, -math.inf), -1)
    return (each * weights[learnt]).sum()


def binary_loss(
    logits: Tensor,
    gold: Tensor,
    weights: Tensor | None = None,
    gamma: float = 0.0,
    smoothing: float = 0.0,
    share: Tensor | None = None,
) -> Tensor:
    """Sum of the losses of decisions yes or no: logits [N, K], gold [N, K], 1 for yes.

    weights [2, K]: of each decision where the gold is no, and where it is yes. share [N]: what multiplies those of a
    row, 1 where it is left out. gamma, smoothing: as in `class_loss`,
    the two classes of a decision being yes and no. All left out, it is binary cross-entropy.
    """
    yes = gold.to(logits.dtype)
    target = yes * (1.0 - smoothing) + smoothing / 2
    log_yes, log_no = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    if gamma:
        log_yes = log_yes * _doubt(log_yes, gamma)
        log_no = log_no * _doubt(log_no, gamma)
    each = -(target * log_yes + (1.0 - target) * log_no)  # [N, K]
    if weights is not None:
        each = each * torch.where(gold > 0, weights[1], weights[0])
    return (each if share is None else each * share[:, None]).sum()


def _doubt(log_p: Tensor, gamma: float) -> Tensor:
    """`(1 - p)^gamma`, the weight of the focal loss.

    At p = 1 the power of a gamma below 1 has an infinite slope; the bound keeps it a number, and is idle elsewhere.
    """
    return (-torch.expm1(log_p)).clamp(min=torch.finfo(log_p.dtype).tiny) ** gamma


def symmetric_kl(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of `(KL(p||q) + KL(q||p)) / 2` of two categorical distributions: logits [..., K], weights [...].

    That is `sum (p - q) (log p - log q) / 2` over the last axis. Every logit must be finite.
    """
    logs, others = torch.log_softmax(first, dim=-1), torch.log_softmax(second, dim=-1)
    each = ((logs.exp() - others.exp()) * (logs - others)).sum(dim=-1) / 2
    return (each * weights).sum()


def symmetric_kl_of_cells(first: Tensor, second: Tensor, valid: Tensor) -> Tensor:
    """The same of yes-or-no distributions, one a cell, summed over the `valid` ones (bool, broadcastable)."""
    each = (torch.sigmoid(first) - torch.sigmoid(second)) * (first - second) / 2  # a logit is log p - log (1 - p)
    return each.masked_fill(~valid, 0.0).sum()

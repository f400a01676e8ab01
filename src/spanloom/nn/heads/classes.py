"""What scores of the classes of a whole input cost, and how far two of them are apart. Torch. B batch, S scores."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from spanloom.nn.loss import binary_loss, class_loss, masked_scores, symmetric_kl, symmetric_kl_of_cells


def losses(outputs: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A sum over examples, named as `Batch.counts`.

    targets: classes [B] or [B, S]; judged [B, S], the scores that are chosen from, where an example's source has not
    all; where inputs are mixed of two, `others`, the classes of the second, and `share` [B] of the first.
    """
    logits = outputs["classes"]
    if "judged" in targets:
        logits = masked_scores(logits, targets["judged"])
    share = targets.get("share", torch.ones_like(logits[:, 0]))  # [B]
    total = _loss(logits, targets["classes"], share, targets)
    if "others" in targets:
        total = total + _loss(logits, targets["others"], 1 - share, targets)
    return {"classes": total}


def _loss(logits: Tensor, gold: Tensor, share: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
    """The sum of the losses for these classes, each weighted by its share [B]."""
    weights, gamma, smoothing = targets.get("class_weights"), targets["focal_gamma"], targets["label_smoothing"]
    if gold.ndim == 1:
        return class_loss(logits, gold, share, weights, float(gamma), float(smoothing))
    return binary_loss(logits, gold, weights, float(gamma), float(smoothing), share)


def divergence(
    outputs: Mapping[str, Tensor], others: Mapping[str, Tensor], targets: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """How far two outputs for one batch are apart: the symmetric KL divergence, a sum named as the loss."""
    logits, again = outputs["classes"], others["classes"]
    if targets["classes"].ndim == 1:
        return {"classes": symmetric_kl(logits, again, torch.ones_like(logits[:, 0]))}
    return {"classes": symmetric_kl_of_cells(logits, again, torch.ones_like(logits, dtype=torch.bool))}

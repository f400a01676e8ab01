"""AdamW with two learning rates: one for new layers, one for a pretrained encoder."""

from __future__ import annotations

from itertools import product

import torch
from torch import nn

from spanloom.config import TrainConfig


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW over what is trainable in `model`.

    A parameter whose name starts with one of `model.pretrained_prefixes` (none, if the model has no such attribute)
    takes `encoder_learning_rate`, every other `learning_rate`. Biases and norms, which have fewer than two axes, do
    not decay.
    """
    prefixes = tuple(getattr(model, "pretrained_prefixes", ()))
    trainable = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    groups = []
    for pretrained, decays in product((False, True), (False, True)):
        members = [
            weight
            for name, weight in trainable.items()
            if name.startswith(prefixes) is pretrained and (weight.ndim >= 2) is decays
        ]
        peak = config.encoder_learning_rate if pretrained else config.learning_rate
        if members:
            decay = config.weight_decay if decays else 0.0
            groups.append({"params": members, "lr": peak, "peak": peak, "weight_decay": decay})
    fused = all(weight.device.type in ("cpu", "cuda") for weight in trainable.values())
    return torch.optim.AdamW(groups, fused=fused)


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> float:
    """Set every group to `factor` times its peak, and return the highest learning rate now in force."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    return max(float(group["lr"]) for group in optimizer.param_groups)

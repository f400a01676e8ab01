"""The optimizer, with learning rates of their own for new layers, a pretrained encoder, and each of its layers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, assert_never

import torch

from spanloom.config import TrainConfig, optimizers
from spanloom.errors import ConfigError
from spanloom.nn.model import Model

_LAYER = re.compile(r"\.layers?\.(\d+)\.")
_NEW = -1  # the depth of what is not pretrained


def build_optimizer(model: Model, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimizer that `config` says, over what is trainable in `model`.

    A parameter whose name starts with one of `model.pretrained_prefixes` takes `encoder_learning_rate`, times
    `layer_decay` for each layer that it lies below the top one; every other takes `learning_rate`. Biases and norms,
    which have fewer than two axes, do not decay. Each group says which `part` of the model it is, and its `peak`
    learning rate. Raises ConfigError for a `layer_decay` where no layers are found.
    """
    prefixes = model.pretrained_prefixes
    names = [name for name, _ in model.named_parameters() if name.startswith(prefixes)]
    depths = dict.fromkeys(names, 0) if config.layer_decay == 1 else _depths(names, config.layer_decay)
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        depth, decays = depths.get(name, _NEW), weight.ndim >= 2
        below = f", {depth} below the top" if depth > 0 else ""
        part, peak = f"pretrained encoder{below}", config.encoder_learning_rate * config.layer_decay**depth
        if depth == _NEW:
            part, peak = "new layers", config.learning_rate
        decay = config.weight_decay if decays else 0.0
        group = {"params": [], "part": part, "lr": peak, "peak": peak, "weight_decay": decay}
        groups.setdefault((depth, decays), group)["params"].append(weight)
    ordered = [groups[key] for key in sorted(groups)]
    fused = all(weight.device.type in ("cpu", "cuda") for group in ordered for weight in group["params"])
    match config.optimizer:
        case optimizers.AdamW():
            return torch.optim.AdamW(ordered, fused=fused)
        case optimizers.Adam():
            return torch.optim.Adam(ordered, fused=fused)
        case optimizers.SGD(momentum=momentum):
            return torch.optim.SGD(ordered, lr=config.learning_rate, momentum=momentum, fused=fused)
        case optimizers.RMSProp():
            return torch.optim.RMSprop(ordered)
        case _ as other:
            assert_never(other)


def _depths(names: Iterable[str], layer_decay: float) -> dict[str, int]:
    """How many layers below the top each of a pretrained encoder's parameters lies; embeddings lie below them all."""
    layers = {name: int(match[1]) for name in names if (match := _LAYER.search(name))}
    if not layers:
        found = f"is {layer_decay}, but this model has no pretrained encoder with numbered layers"
        raise ConfigError("train.layer_decay", found, "1.0", "Leave it out, or choose a pretrained encoder.")
    top = max(layers.values())
    return {name: top - layers[name] if name in layers else (top + 1) * ("embed" in name) for name in names}


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> float:
    """Set every group to `factor` times its peak, and return the highest learning rate now in force."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    return max(float(group["lr"]) for group in optimizer.param_groups)

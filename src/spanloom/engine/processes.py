"""Sums over the processes of torch.distributed. With one process, every sum is its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
import torch.distributed as dist
from torch import Tensor


def several_processes() -> bool:
    """Whether this is one of several processes that train together."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def add_up(tables: Sequence[Mapping[str, float]], device: torch.device) -> dict[str, float]:
    """Sum tables by name, over the micro-batches and then over the processes."""
    names = sorted({name for table in tables for name in table})
    totals = [math.fsum(table.get(name, 0.0) for table in tables) for name in names]
    if several_processes():
        shared = torch.tensor(totals, dtype=torch.float64, device=device)
        dist.all_reduce(shared)
        totals = shared.tolist()
    return dict(zip(names, totals, strict=True))


def add_up_gradients(weights: Sequence[Tensor]) -> None:
    """Sum the gradients over the processes, in one message for each kind of number.

    An infinity on one process is one, or not a number, on all of them afterwards.
    """
    if not several_processes():
        return
    weights = [weight for weight in weights if weight.requires_grad]  # what is frozen gets no gradient anywhere
    for weight in weights:
        if weight.grad is None:  # a part of the model that this process's group did not use
            weight.grad = torch.zeros_like(weight)
    for kind in sorted({weight.dtype for weight in weights}, key=str):
        gradients = [weight.grad for weight in weights if weight.dtype == kind and weight.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

"""One optimizer update from a group of micro-batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from spanloom.core import Batch
from spanloom.engine.average import WeightAverage
from spanloom.engine.device import autocast, to_tensors, widen
from spanloom.errors import ConfigError

Losses = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Update:
    """What one update saw: each loss as a mean over the whole group, and the gradient's norm before clipping."""

    losses: dict[str, float]
    gradient_norm: float


def train_step(
    model: nn.Module,
    group: Sequence[Batch],
    losses: Losses,
    optimizer: torch.optim.Optimizer,
    *,
    step: int,
    average: WeightAverage | None = None,
    clip: float = 0.0,
    precision: str = "fp32",
    device: torch.device | None = None,
    where: str = "",
) -> Update:
    """Update the model once from `group`, exactly as if its micro-batches were one big batch.

    Each loss is a sum, divided by its count over the WHOLE group, under torch.distributed over every process's group
    (each process then passes a group of its own). step: counted from 0. clip: the largest gradient norm, 0 turns it
    off. where: what an error names. Raises ConfigError where a loss or the gradient is not finite; the weights are
    then untouched.
    """
    device = device or torch.device("cpu")
    where = where or f"step {step + 1}"
    counts = _add_up([batch.counts for batch in group], device)
    sums = dict.fromkeys(counts, 0.0)
    model.train()
    optimizer.zero_grad(set_to_none=True)
    for batch in group:
        with autocast(device, precision):
            outputs = model(**to_tensors(batch.inputs, device))
        parts = losses(widen(outputs), to_tensors(batch.targets, device))
        # A loss that has no items in the whole group is left out: it has nothing to say, and 0 / 0 would poison the
        # rest.
        shares = [part / counts[name] for name, part in parts.items() if counts[name] > 0]
        for name, part in parts.items():
            sums[name] += float(part.detach())
        if shares:
            torch.stack(shares).sum().backward()  # type: ignore[no-untyped-call]
    weights = [weight for part in optimizer.param_groups for weight in part["params"] if weight.requires_grad]
    _add_up_gradients(weights)
    means = {name: total / counts[name] for name, total in _add_up([sums], device).items() if counts[name] > 0}
    norm = float(nn.utils.clip_grad_norm_(weights, clip or math.inf))
    _refuse_what_is_not_finite(means, norm, where)
    optimizer.step()
    if average is not None:
        average.update(step)
    return Update(means, norm)


def _several_processes() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _add_up(tables: Sequence[Mapping[str, float]], device: torch.device) -> dict[str, float]:
    """Sum tables by name, over the micro-batches and then over the processes."""
    names = sorted({name for table in tables for name in table})
    totals = [math.fsum(table.get(name, 0.0) for table in tables) for name in names]
    if _several_processes():
        shared = torch.tensor(totals, dtype=torch.float64, device=device)
        dist.all_reduce(shared)
        totals = shared.tolist()
    return dict(zip(names, totals, strict=True))


def _add_up_gradients(weights: Sequence[Tensor]) -> None:
    """Sum the gradients over the processes, in one message for each kind of number."""
    if not _several_processes():
        return
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


def _refuse_what_is_not_finite(means: Mapping[str, float], norm: float, where: str) -> None:
    faults = [f"the loss '{name}' is {mean}" for name, mean in means.items() if not math.isfinite(mean)]
    if not faults and not math.isfinite(norm):
        faults = [f"the norm of the gradient is {norm}"]
    if faults:
        raise ConfigError(
            where,
            " and ".join(faults),
            "finite numbers",
            "Lower the learning rates, raise train.warmup, or set train.precision = 'fp32'.",
        )

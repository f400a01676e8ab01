"""One optimizer update from a group of micro-batches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spanloom.core import Batch, Row
from spanloom.engine.gradient import APART, Gradient
from spanloom.engine.processes import add_up, add_up_gradients, rank
from spanloom.engine.room import free_memory
from spanloom.engine.trainer import Method, Trainer, noise_seed
from spanloom.errors import ConfigError

LEAST_SCALE = 1.0
"""A gradient that float16 cannot hold even at this scale is none that scaling can save."""


@dataclass(frozen=True, slots=True)
class Update:
    """What one update saw: each loss as a mean over the whole group, and the gradient's norm before clipping.

    skipped: the gradient was more than float16 could hold; the weights stayed as they were, and the scale is now lower.
    """

    losses: dict[str, float]
    gradient_norm: float
    skipped: bool = False


def train_step(trainer: Trainer, group: Sequence[Sequence[Row]], where: str = "") -> Update:
    """Update the model once from `group`, exactly as if its micro-batches were one big batch; the state counts it.

    Each loss is a sum, divided by its count over the WHOLE group, under torch.distributed over every process's group
    (each process then passes a group of its own). So a micro-batch that does not fit into memory is halved, and the
    update stays the same. Where outputs are carried on, the rows of the group are those that go on, in order, with what
    the state holds of the update before; at the start, the batch's own inputs count. where: what an error names.

    Raises ConfigError where a loss or the gradient is not finite, or one row alone does not fit into memory; the
    weights are then untouched, and no step is counted.
    """
    state, where = trainer.state, where or f"step {trainer.state.step + 1}"
    plan = [(rows, trainer.collate(rows)) for whole in group for rows in state.room.cut(whole)]
    counts = add_up([batch.counts for _, batch in plan])
    state.model.train()
    while True:
        # All from the start each time: a backward pass that broke off has left a part of its gradients behind.
        total = Gradient(trainer, counts)
        if trainer.seed is not None:
            torch.manual_seed(noise_seed(trainer.seed, state.step, rank()))
        failed = total.add(_continued([batch for _, batch in plan], state.carried))
        if failed is None:
            break
        free_memory()
        plan[failed : failed + 1] = [(half, trainer.collate(half)) for half in state.room.halve(plan[failed][0], where)]
    weights = [weight for part in state.optimizer.param_groups for weight in part["params"] if weight.requires_grad]
    add_up_gradients(weights)
    means = {name: part / counts[_loss(name)] for name, part in add_up([total.sums]).items() if counts[_loss(name)]}
    skipped = state.scaler is not None and _overflows(state.scaler, state.optimizer, means, where)
    norm = _clip(weights, trainer.method)
    if not skipped:
        _refuse_what_is_not_finite(means, norm, where)
        state.optimizer.step()
        if state.average is not None:
            state.average.update(state.step)
    state.count(means, {name: counts[_loss(name)] for name in means})
    state.carried = {name: torch.cat(parts) for name, parts in total.handed.items()}
    state.step, state.group = state.step + 1, state.group + 1
    return Update(means, norm, skipped)


def _continued(batches: Sequence[Batch], carried: Mapping[str, Tensor]) -> list[tuple[Batch, dict[str, Tensor]]]:
    """Each micro-batch with its rows of what is carried over: a group that did not fit into memory was cut in parts."""
    found, start = [], 0
    for batch in batches:
        end = start + len(next(iter(batch.inputs.values())))
        found.append((batch, {name: tensor[start:end] for name, tensor in carried.items()}))
        start = end
    assert all(len(tensor) == start for tensor in carried.values()), "each batch of a sequence has the same rows"
    return found


def _loss(name: str) -> str:
    """The loss whose count a reported number is divided by."""
    return name.removesuffix(APART)


def _overflows(
    scaler: torch.amp.GradScaler, optimizer: torch.optim.Optimizer, means: Mapping[str, float], where: str
) -> bool:
    """Give the gradients their own size again. If they overflowed, say so, and lower the scale for the next step.

    All processes hold the same sums by now, so all of them come to the same answer.
    """
    if all(weight.grad is None for part in optimizer.param_groups for weight in part["params"]):
        return False
    before = scaler.get_scale()
    scaler.unscale_(optimizer)
    scaler.update()
    after = scaler.get_scale()
    if after < LEAST_SCALE:
        losses = ", ".join(f"'{name}' is {mean:.4g}" for name, mean in means.items())
        raise ConfigError(
            where,
            f"the gradient overflows in float16 at a loss scale of {before:g} still (the loss {losses})",
            "finite numbers",
            "Lower the learning rates, or set train.precision = 'bf16' or 'fp32'.",
        )
    return after < before


def _clip(weights: Sequence[Tensor], method: Method) -> float:
    """Bound the gradient as `method` says, and return the norm that it had before."""
    if not method.clip_value:
        return float(nn.utils.clip_grad_norm_(weights, method.clip or math.inf))
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm = float(nn.utils.get_total_norm(gradients))
    nn.utils.clip_grad_value_(weights, method.clip_value)
    if method.clip:
        nn.utils.clip_grad_norm_(weights, method.clip)
    return norm


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

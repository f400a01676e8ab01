"""One optimizer update from a group of micro-batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.config import TrainConfig
from spanloom.core import Batch, Row, Task
from spanloom.engine.adversarial import Attack, Measured, backward_attacked, build_attack
from spanloom.engine.average import WeightAverage
from spanloom.engine.device import autocast, to_tensors, widen
from spanloom.engine.processes import add_up, add_up_gradients
from spanloom.engine.room import Room, free_memory, out_of_memory
from spanloom.errors import ConfigError
from spanloom.nn.model import Model

Tensors = Mapping[str, Any]
_APART = "_divergence"
LEAST_SCALE = 1.0
"""A gradient that float16 cannot hold even at this scale is none that scaling can save."""


@dataclass(frozen=True, slots=True)
class Method:
    """How a step takes its gradient, and how large it may be. Each number's 0 turns its part off.

    losses, divergence: as in `Task`. clip: the largest norm of the whole gradient; clip_value: the largest size of each
    number in it, bounded before the norm is. attack: see adversarial.py. r_drop: alpha of R-Drop (Liang et al. 2021,
    https://arxiv.org/abs/2106.14448), which takes half of the paper's sum: the mean of the losses of two passes, which
    drop out different units, and alpha / 2 times how far their outputs are apart. carried: as in `Task`, where the rows
    are in sequence.
    """

    losses: Callable[[Tensors, Tensors], dict[str, Any]]
    divergence: Callable[[Tensors, Tensors, Tensors], dict[str, Any]] | None = None
    precision: str = "fp32"
    clip: float = 0.0
    clip_value: float = 0.0
    attack: Attack | None = None
    r_drop: float = 0.0
    carried: tuple[str, ...] = ()


def build_method(task: Task, config: TrainConfig) -> Method:
    """The method of a configuration."""
    return Method(
        task.losses,
        task.divergence,
        config.precision,
        config.clip,
        config.clip_value,
        build_attack(config),
        config.r_drop,
        task.carried if config.sampler.kind == "sequential" else (),
    )


@dataclass(frozen=True, slots=True)
class Update:
    """What one update saw: each loss as a mean over the whole group, and the gradient's norm before clipping.

    skipped: the gradient was more than float16 could hold; the weights stayed as they were, and the scale is now lower.
    counts: how many items each loss is the mean of. carried: the outputs that the next update begins with.
    """

    losses: dict[str, float]
    gradient_norm: float
    skipped: bool = False
    counts: dict[str, float] = field(default_factory=dict)
    carried: dict[str, Tensor] = field(default_factory=dict)


def train_step(
    model: Model,
    group: Sequence[Sequence[Row]],
    collate: Callable[[Sequence[Row]], Batch],
    method: Method,
    optimizer: torch.optim.Optimizer,
    *,
    step: int,
    noise: int | None = None,
    average: WeightAverage | None = None,
    scaler: torch.amp.GradScaler | None = None,
    room: Room | None = None,
    device: torch.device | None = None,
    where: str = "",
    carried: Mapping[str, Tensor] | None = None,
) -> Update:
    """Update the model once from `group`, exactly as if its micro-batches were one big batch.

    Each loss is a sum, divided by its count over the WHOLE group, under torch.distributed over every process's group
    (each process then passes a group of its own). So a micro-batch that does not fit into memory is halved, and the
    update stays the same. step: counted from 0. noise: the seed of the step's random numbers. room: what is known not
    to fit. where: what an error names. carried: what the update before gave, for all rows of the group in order; none
    at the start, where the batch's own inputs count.

    Raises ConfigError where a loss or the gradient is not finite, or one row alone does not fit into memory; the
    weights are then untouched.
    """
    device, where = device or torch.device("cpu"), where or f"step {step + 1}"
    room = room or Room()
    plan = [(rows, collate(rows)) for whole in group for rows in room.cut(whole)]
    counts = add_up([batch.counts for _, batch in plan])
    model.train()
    while True:
        # All from the start each time: a backward pass that broke off has left a part of its gradients behind.
        optimizer.zero_grad(set_to_none=True)
        if noise is not None:
            torch.manual_seed(noise)
        handed: dict[str, list[Tensor]] = {name: [] for name in method.carried}
        batches = _continued([batch for _, batch in plan], carried or {})
        sums, failed = _add_gradients(model, batches, counts, method, scaler, device, handed)
        if failed is None:
            break
        free_memory()
        plan[failed : failed + 1] = [(half, collate(half)) for half in room.halve(plan[failed][0], where)]
    weights = [weight for part in optimizer.param_groups for weight in part["params"] if weight.requires_grad]
    add_up_gradients(weights)
    means = {name: total / counts[_loss(name)] for name, total in add_up([sums]).items() if counts[_loss(name)]}
    skipped = scaler is not None and _overflows(scaler, optimizer, means, where)
    norm = _clip(weights, method)
    if not skipped:
        _refuse_what_is_not_finite(means, norm, where)
        optimizer.step()
        if average is not None:
            average.update(step)
    items = {name: counts[_loss(name)] for name in means}
    return Update(means, norm, skipped, items, {name: torch.cat(parts) for name, parts in handed.items()})


def _continued(batches: Sequence[Batch], carried: Mapping[str, Tensor]) -> list[tuple[Batch, dict[str, Tensor]]]:
    """Each micro-batch with its rows of what is carried over: a group that did not fit into memory was cut in parts."""
    found, start = [], 0
    for batch in batches:
        end = start + len(next(iter(batch.inputs.values())))
        found.append((batch, {name: tensor[start:end] for name, tensor in carried.items()}))
        start = end
    assert all(len(tensor) == start for tensor in carried.values()), "each batch of a sequence has the same rows"
    return found


def _add_gradients(
    model: Model,
    batches: Sequence[tuple[Batch, dict[str, Tensor]]],
    counts: Mapping[str, float],
    method: Method,
    scaler: torch.amp.GradScaler | None,
    device: torch.device,
    handed: Mapping[str, list[Tensor]],
) -> tuple[dict[str, float], int | None]:
    """The gradients of all micro-batches into `.grad`, and what they hand on into `handed`.

    Returns the losses' sums, and which one ran out of memory.
    """
    sums = dict.fromkeys(counts, 0.0)
    for number, (batch, carried) in enumerate(batches):
        try:
            parts = _backward(model, batch, carried, counts, method, scaler, device, handed)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            return sums, number
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + float(part.detach())
    return sums, None


def _backward(
    model: Model,
    batch: Batch,
    carried: Mapping[str, Tensor],
    counts: Mapping[str, float],
    method: Method,
    scaler: torch.amp.GradScaler | None,
    device: torch.device,
    handed: Mapping[str, list[Tensor]],
) -> dict[str, Tensor]:
    """Add the gradients of one micro-batch, scaled where there is a scaler, and return the losses' sums."""
    inputs, targets = {**to_tensors(batch.inputs, device), **carried}, to_tensors(batch.targets, device)

    def forward() -> dict[str, Tensor]:
        with autocast(device, method.precision):
            outputs = widen(model(**inputs))
        for name, parts in handed.items():
            parts.append(outputs[name].detach())
        return outputs

    def objective() -> Measured:
        return _measure(forward, targets, counts, method)

    def scale(loss: Tensor) -> Tensor:
        return loss if scaler is None else scaler.scale(loss)

    if method.attack is not None:
        return backward_attacked(model, inputs, objective, method.attack, scale)
    loss, parts = objective()
    if loss is not None:
        scale(loss).backward()  # type: ignore[no-untyped-call]
    return parts


def _measure(
    forward: Callable[[], dict[str, Tensor]], targets: Tensors, counts: Mapping[str, float], method: Method
) -> Measured:
    """The loss of one pass, or of the two that R-Drop makes, over one micro-batch."""
    outputs = forward()
    parts = method.losses(outputs, targets)
    apart: dict[str, Tensor] = {}
    if method.r_drop and method.divergence is not None:
        others = forward()
        second = method.losses(others, targets)
        parts = {name: (part + second[name]) / 2 for name, part in parts.items()}
        apart = method.divergence(outputs, others, targets)
    # A loss that has no items in the whole group is left out: it has nothing to say, and 0 / 0 would poison the rest.
    shares = [part / counts[name] for name, part in parts.items() if counts[name] > 0]
    shares += [method.r_drop / 2 * part / counts[name] for name, part in apart.items() if counts[name] > 0]
    total = torch.stack(shares).sum() if shares else None
    return Measured(total, parts | {f"{name}{_APART}": part for name, part in apart.items()})


def _loss(name: str) -> str:
    """The loss whose count a reported number is divided by."""
    return name.removesuffix(_APART)


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

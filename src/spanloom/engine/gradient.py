"""The gradient of one update, added up over its micro-batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from spanloom.core import Batch
from spanloom.engine.adversarial import Measured, backward_attacked
from spanloom.engine.device import autocast, to_tensors, widen
from spanloom.engine.room import out_of_memory
from spanloom.engine.trainer import Method, Tensors, Trainer

APART = "_divergence"
"""What the name of a loss ends in where it is how far two passes are apart."""


class Gradient:
    """The sum of the gradients of micro-batches, which stands in `.grad` of the trainer's weights.

    counts: how many items each loss of the whole group is the mean of. sums: of each loss so far. handed: what each
    micro-batch hands on, by the names of `Method.carried`.
    """

    def __init__(self, trainer: Trainer, counts: Mapping[str, float]) -> None:
        trainer.state.optimizer.zero_grad(set_to_none=True)
        self.trainer = trainer
        self.counts = counts
        self.sums = dict.fromkeys(counts, 0.0)
        self.handed: dict[str, list[Tensor]] = {name: [] for name in trainer.method.carried}

    def add(self, batches: Sequence[tuple[Batch, Mapping[str, Tensor]]]) -> int | None:
        """Add the gradients of micro-batches, each with what it goes on with. Returns the first that ran out of memory,
        whose gradient is half there: None where all are whole.
        """
        for number, (batch, carried) in enumerate(batches):
            try:
                parts = self._backward(batch, carried)
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                return number
            for name, part in parts.items():
                self.sums[name] = self.sums.get(name, 0.0) + float(part.detach())
        return None

    def _backward(self, batch: Batch, carried: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Add the gradients of one micro-batch, scaled where there is a scaler, and return the losses' sums."""
        method, device = self.trainer.method, self.trainer.device
        model, scaler = self.trainer.state.model, self.trainer.state.scaler
        inputs, targets = {**to_tensors(batch.inputs, device), **carried}, to_tensors(batch.targets, device)

        def forward() -> dict[str, Tensor]:
            with autocast(device, method.precision):
                outputs = widen(model(**inputs))
            for name, parts in self.handed.items():
                parts.append(outputs[name].detach())
            return outputs

        def objective() -> Measured:
            return _measure(forward, targets, self.counts, method)

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
    return Measured(total, parts | {f"{name}{APART}": part for name, part in apart.items()})

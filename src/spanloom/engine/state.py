"""All that changes while training, which is all that a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spanloom.config import TrainConfig
from spanloom.engine.average import WeightAverage
from spanloom.engine.device import build_scaler
from spanloom.engine.optimizer import build_optimizer
from spanloom.engine.room import Room
from spanloom.nn.model import Model


@dataclass
class Training:
    """A training that goes on.

    step: updates done. epoch: the one going on, from 1. group: updates done in it. best_epoch: 0 until one was scored.

    What the dev scores made of the learning rate, where the schedule looks at them: factor, on top of the schedule's
    own; bad_epochs, scored in a row without a better score; previous, the tensors that the bold driver goes back to.

    scaler: of float16 losses. room: what this machine had memory for, which alone is not kept: after a stop, until
    memory runs out again, the updates are the same, but their rounding is that of whole micro-batches.

    Of the epoch that goes on: carried, the outputs that its next update begins with; totals, name of a loss -> its sum
    so far and the items that it is of.
    """

    model: Model
    optimizer: torch.optim.Optimizer
    average: WeightAverage | None
    step: int = 0
    epoch: int = 1
    group: int = 0
    best_epoch: int = 0
    best_score: float | None = None
    factor: float = 1.0
    bad_epochs: int = 0
    previous: Mapping[str, Tensor] | None = None
    scaler: torch.amp.GradScaler | None = None
    room: Room = field(default_factory=Room)
    carried: Mapping[str, Tensor] = field(default_factory=dict)
    totals: dict[str, list[float]] = field(default_factory=dict)

    def count(self, losses: Mapping[str, float], counts: Mapping[str, float]) -> None:
        """Add an update's mean losses to the epoch's."""
        for name, mean in losses.items():
            total, items = self.totals.get(name, (0.0, 0.0))
            self.totals[name] = [total + mean * counts[name], items + counts[name]]

    def means(self) -> dict[str, float]:
        """The mean of each loss over the epoch so far."""
        return {name: total / items for name, (total, items) in self.totals.items() if items}

    def begin_epoch(self, epoch: int) -> None:
        """Forget what belongs to the epoch that ended."""
        self.epoch, self.group, self.carried, self.totals = epoch, 0, {}, {}

    def tensors(self) -> dict[str, Tensor]:
        """`weights/NAME`, `average/NAME`, `optimizer/NAME/KEY`: the tensors themselves, which the next step changes;
        and `carried/NAME`.
        """
        tensors = {f"carried/{name}": tensor for name, tensor in self.carried.items()}
        tensors |= {f"weights/{name}": weight for name, weight in self.model.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average/{name}": weight for name, weight in self.average.weights.items()}
        for name, weight in self.model.named_parameters():
            for key, value in self.optimizer.state.get(weight, {}).items():
                if value is not None:  # as the momentum of a weight that never had a gradient
                    tensors[f"optimizer/{name}/{key}"] = value
        return tensors

    def put_back(self, tensors: Mapping[str, Tensor]) -> None:
        """Take the values of what `tensors` gave before; the given tensors stay as they are."""
        parts: dict[str, dict[str, Tensor]] = {
            "weights": {},
            "average": {},
            "optimizer": {},
            "carried": {},
        }
        for key, tensor in tensors.items():
            kind, _, name = key.partition("/")
            parts[kind][name] = tensor
        self.model.load_state_dict(parts["weights"])
        if self.average is not None:
            self.average.restore(parts["average"])
        weights = dict(self.model.named_parameters())
        device = next(iter(weights.values())).device
        self.carried = {name: tensor.to(device, copy=True) for name, tensor in parts["carried"].items()}
        fused = bool(self.optimizer.param_groups[0].get("fused"))
        self.optimizer.state.clear()
        for key, tensor in parts["optimizer"].items():
            name, _, kind = key.rpartition("/")
            where = weights[name].device if fused or kind != "step" else "cpu"
            self.optimizer.state[weights[name]][kind] = tensor.to(where, copy=True)


def begin(model: Model, config: TrainConfig) -> Training:
    """A training that has made no step yet."""
    average = WeightAverage(model, config.ema) if config.ema else None
    scaler = build_scaler(next(model.parameters()).device, config.precision)
    return Training(model, build_optimizer(model, config), average, scaler=scaler)

"""An exponential moving average of the weights: free, and better on dev than the last weights themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

STATISTICS = ("running_mean", "running_var")


class WeightAverage:
    """average <- d * average + (1 - d) * weight, over every trainable parameter and every running statistic of batch
    norm, which belong to the weights of the steps before them, after each update.

    The decay d is warmed up, min(decay, (1 + step) / (10 + step)), so that a short run is not dragged by its random
    start: the average reaches back over 1 / (1 - d) steps, and so over about a ninth of those made at most.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._live: dict[str, Tensor] = {
            name: weight for name, weight in model.named_parameters() if weight.requires_grad
        }
        self._live |= {name: number for name, number in model.named_buffers() if name.endswith(STATISTICS)}
        self.weights: dict[str, Tensor] = {name: weight.detach().clone() for name, weight in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after the update numbered `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.weights.values()), list(self._live.values()), 1 - decay)

    @torch.no_grad()
    def restore(self, weights: dict[str, Tensor]) -> None:
        """Put back the averages of a checkpoint."""
        for name, average in self.weights.items():
            average.copy_(weights[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model holds the averages inside, and its own weights again afterwards."""
        own = {name: weight.detach().clone() for name, weight in self._live.items()}
        try:
            self._load(self.weights)
            yield
        finally:
            self._load(own)

    @torch.no_grad()
    def _load(self, values: dict[str, Tensor]) -> None:
        for name, weight in self._live.items():
            weight.copy_(values[name])

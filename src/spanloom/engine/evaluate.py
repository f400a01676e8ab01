"""A network in PyTorch that is ready to run: the backend of dev scores, of exports and of a run that predicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from spanloom.batch.buckets import Capacity, batches
from spanloom.core import Array, Arrays, Row
from spanloom.engine.device import autocast, to_tensors, widen

CPU = torch.device("cpu")


@dataclass(frozen=True)
class TorchBackend:
    """A module on a device; see `Backend`. Batches are made of rows of like length.

    The module runs in the mode, training or evaluation, that it is in.
    """

    model: nn.Module
    device: torch.device = CPU
    precision: str = "fp32"
    batch_size: int = 32
    batch_tokens: int = 4096
    workers: int = 1

    def batches(self, rows: Sequence[Row]) -> list[list[int]]:
        capacity = Capacity(self.batch_size, self.batch_tokens)
        made = batches([row.length for row in rows], 0, 0, capacity, shuffle=False)
        return [numbers.tolist() for numbers in made]

    def forward(self, inputs: Mapping[str, Array]) -> Arrays:
        with torch.inference_mode(), autocast(self.device, self.precision):
            outputs = widen(self.model(**to_tensors(inputs, self.device)))
        return {name: tensor.cpu().numpy() for name, tensor in outputs.items()}


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The module is in evaluation mode inside, and afterwards in the mode that it was in."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)

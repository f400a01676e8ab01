"""Answers for encoded rows, in the order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from spanloom.batch.buckets import batches
from spanloom.core import Array, Arrays, Batch, Codec, Row
from spanloom.engine.device import autocast, to_tensors, widen


def predict_rows(
    model: nn.Module,
    codec: Codec,
    rows: Sequence[Row],
    *,
    batch_size: int = 32,
    batch_tokens: int = 4096,
    device: torch.device | None = None,
    precision: str = "fp32",
    check: Callable[[Arrays], None] | None = None,
    also: Callable[[Batch, Mapping[str, Tensor]], None] | None = None,
) -> list[Any]:
    """One answer for each row, in the order of `rows`; batches are made of rows of like length.

    check: raises an error for outputs of which no answer should be made. also: what else is made of each batch and what
    the model puts out for it, once its answers are taken. The model is left in the mode, training or evaluation, that
    it was in.
    """
    device = device or torch.device("cpu")
    answers: list[Any] = [None] * len(rows)
    training = model.training
    model.eval()
    try:
        for indices in batches([row.length for row in rows], 0, 0, batch_size, batch_tokens, shuffle=False):
            batch = codec.collate([rows[index] for index in indices])
            outputs = _outputs(model, batch.inputs, device, precision)
            arrays = _arrays(outputs)
            if check is not None:
                check(arrays)
            for index, answer in zip(indices, codec.decode(arrays, batch), strict=True):
                answers[index] = answer
            if also is not None:
                also(batch, outputs)
    finally:
        model.train(training)
    return answers


def compute(model: nn.Module, inputs: Mapping[str, Array], device: torch.device, precision: str = "fp32") -> Arrays:
    """What a model puts out for the inputs of a batch, in the mode that it is in."""
    return _arrays(_outputs(model, inputs, device, precision))


def _outputs(
    model: nn.Module, inputs: Mapping[str, Array], device: torch.device, precision: str
) -> Mapping[str, Tensor]:
    with torch.inference_mode(), autocast(device, precision):
        return widen(model(**to_tensors(inputs, device)))


def _arrays(outputs: Mapping[str, Tensor]) -> Arrays:
    return {name: tensor.cpu().numpy() for name, tensor in outputs.items()}

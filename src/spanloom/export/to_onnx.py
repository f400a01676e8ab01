"""A model as a float32 ONNX graph, and how far the two are apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from spanloom.axes import Axis, Declared
from spanloom.batch.evenly import evenly_chosen
from spanloom.contracts import Backend, Codec
from spanloom.core import Batch, Row
from spanloom.engine.device import to_tensors
from spanloom.errors import ExportRefused
from spanloom.export.onnx_graph import forget_origin, rewrite
from spanloom.export.onnx_recurrent import with_onnx_recurrent
from spanloom.export.quantize import quiet
from spanloom.predict.bundle import AFTER

TOLERANCE = 1e-3
"""How far the float32 graph may be from the model, absolutely or as a part of the value."""


class _ByPosition(nn.Module):
    """The model with its inputs in a row: the exporter wants a name for each, which a model may take as `**inputs`."""

    def __init__(self, model: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = list(names)

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.model(**dict(zip(self.names, tensors, strict=True)))


def to_onnx(model: nn.Module, codec: Codec, rows: Sequence[Row], target: Path) -> list[str]:
    """Write the float32 graph, each axis free unless declared to be of one size; return the names of its outputs."""
    inputs = to_tensors(_sample(codec, rows).inputs, torch.device("cpu"))
    declared = codec.declared()
    axes = tuple(_free(tensor, declared.get(name)) for name, tensor in inputs.items())
    fixed = [
        name for name, free in zip(inputs, axes, strict=True) if any(inputs[name].shape[axis] == 1 for axis in free)
    ]
    assert not fixed, f"{fixed} would be exported with an axis that is always 1"
    model = model.to("cpu").eval()
    with torch.no_grad(), quiet():
        outputs = list(model(**inputs))
        program = _exported(
            _ByPosition(with_onnx_recurrent(model), list(inputs)).eval(),
            tuple(inputs.values()),
            dynamic_shapes={"tensors": axes},
            input_names=list(inputs),
            output_names=[f"{name}{AFTER}" if name in inputs else name for name in outputs],
        )
    program.save(str(target))
    rewrite(target, forget_origin)
    return outputs


def _exported(model: nn.Module, sample: tuple[torch.Tensor, ...], **settings: Any) -> torch.onnx.ONNXProgram:
    try:
        # Opset 20 is the first that has GELU as one operator.
        program = torch.onnx.export(model, sample, dynamo=True, opset_version=20, verbose=False, **settings)
    except torch.onnx.OnnxExporterError as error:
        reason = next((line for line in reversed(str(error.__cause__ or error).splitlines()) if line.strip()), "")
        found = f"PyTorch cannot write this network as ONNX ({reason.strip()[:200]})"
        raise ExportRefused("export", found, remedy="Predict with the run itself, or train another encoder.") from error
    assert program is not None
    return program


def _free(tensor: torch.Tensor, declared: Declared | None) -> dict[int, Any]:
    """The axes of an input that are free, that of the batch among them: all but those declared to be of one size."""
    axes = range(1, tensor.dim())
    free = [axis for axis in axes if declared is None or isinstance(declared.axes[axis - 1], Axis)]
    return dict.fromkeys([0, *free], torch.export.Dim.AUTO)


def largest_difference(model: nn.Module, graph: Backend, codec: Codec, rows: Sequence[Row]) -> float:
    """The largest difference between the outputs of model and graph, over rows of other sizes than were exported.

    Raises ExportRefused when it is more than rounding, or the graph runs at the exported size alone.
    """
    largest = 0.0
    for row in evenly_chosen(sorted(rows, key=lambda row: row.length), 8):
        inputs = codec.collate([row]).inputs
        with torch.no_grad():
            wanted = model(**to_tensors(inputs, torch.device("cpu")))
        try:
            found = graph.forward(inputs)
        except Exception as error:  # onnxruntime's own exceptions share no public base class
            sizes = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
            raise _fault(f"the ONNX graph does not run on {sizes} ({' '.join(str(error).split())[:300]})") from error
        for name, tensor in wanted.items():
            values = tensor.numpy()
            apart = found[name] != values  # two infinities are the same, and cannot be subtracted
            difference = np.abs(np.subtract(found[name], values, out=np.zeros_like(values), where=apart))
            largest = max(largest, float(difference.max(initial=0.0)))
            if not (difference <= TOLERANCE * np.maximum(1.0, np.abs(values))).all():
                raise _fault(f"output '{name}' of the ONNX graph is {difference.max():.4g} away from the model's")
    return largest


def _fault(found: str) -> ExportRefused:
    return ExportRefused("export", found, remedy="Please report it, with the config.toml of the run.")


def _sample(codec: Codec, rows: Sequence[Row]) -> Batch:
    """A padded batch of three lengths: an axis of size 1 would be taken for a constant."""
    by_length = sorted(rows, key=lambda row: row.length)
    return codec.collate([by_length[-1], by_length[len(by_length) // 2], by_length[0]])

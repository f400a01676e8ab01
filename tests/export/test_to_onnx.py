"""A network that has no ONNX graph is refused in one sentence."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from spanloom.errors import ExportRefused
from spanloom.export.quantize import quiet
from spanloom.export.to_onnx import _exported


class Odd(nn.Module):
    """Goes another way by a number that only its input tells, which no graph can."""

    def forward(self, values: Tensor) -> Tensor:
        return values * 2 if float(values.sum()) > 0 else values.sort().values


def test_a_network_that_has_no_graph_is_refused() -> None:
    with (
        quiet(),
        pytest.raises(ExportRefused, match=r"^export: PyTorch cannot write this network as ONNX \(.+\)\. Predict"),
    ):
        _exported(Odd().eval(), (torch.ones(3),))

"""A network that has no ONNX graph is refused in one sentence, and of one that has nothing is said."""

from __future__ import annotations

import logging

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


@pytest.mark.parametrize("name", ["torch.onnx", "torch.fx.experimental.symbolic_shapes", "onnx_ir"])
def test_notes_of_the_exporter_on_its_own_insides_are_not_shown(name: str) -> None:
    logger = logging.getLogger(name)  # PyTorch gives some of them a level of their own
    assert logger.isEnabledFor(logging.WARNING)
    with quiet():
        assert not logger.isEnabledFor(logging.WARNING)
        assert logger.isEnabledFor(logging.ERROR)
    assert logger.isEnabledFor(logging.WARNING)

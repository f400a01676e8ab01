"""Recurrent layers as ONNX's own operators, for export.

`torch.export` may unroll `nn.LSTM`, `nn.GRU` and `nn.RNN` over time, which fixes the length of a sentence to that of
the example. So an export replaces each by a module that asks for the operator by name:
https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html and onnx__RNN.html. Such a module can be exported but
not run.

T tokens, B batch, D input width, H hidden width, G gates.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where ONNX's gates (i o f c, and z r h) stand in PyTorch's (i f g o, and r z n)."""


class OnnxRecurrent(nn.Module):
    """One layer, one direction, batch first: x [B, T, D] -> [B, T, H] and the state behind each row, as PyTorch has it,
    as the operator "LSTM", "GRU" or "RNN".

    state: to begin with, as PyTorch has it; left out, zeros. lengths [B]: of the rows; what lies beyond is not read and
    gives zeros. Raises ValueError (our own bug) for a layer of another kind.
    """

    def __init__(self, layer: nn.LSTM | nn.GRU | nn.RNN) -> None:
        super().__init__()
        if layer.num_layers != 1 or layer.bidirectional or not layer.batch_first or not layer.bias or layer.proj_size:
            raise ValueError(f"only one-way, one-layer, batch-first layers with biases can be exported, not {layer}")
        if isinstance(layer, nn.RNN) and layer.nonlinearity != "tanh":
            raise ValueError(f"only tanh layers can be exported, not {layer.nonlinearity}")
        self.operator = type(layer).__name__
        self.input_size, self.hidden = layer.input_size, layer.hidden_size
        parts: dict[str, Tensor] = {name: self._reordered(part) for name, part in layer.named_parameters()}
        self.input_weight = nn.Buffer(parts["weight_ih_l0"][None])  # [1, GH, D]
        self.hidden_weight = nn.Buffer(parts["weight_hh_l0"][None])  # [1, GH, H]
        self.bias = nn.Buffer(torch.cat([parts["bias_ih_l0"], parts["bias_hh_l0"]])[None])  # [1, 2GH]

    def _reordered(self, weight: Tensor) -> Tensor:
        gates = torch.split(weight.detach(), self.hidden)
        return torch.cat([gates[place] for place in GATES[self.operator]])

    def forward(
        self, x: Tensor, state: Tensor | tuple[Tensor, Tensor] | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor | tuple[Tensor, Tensor]]:
        batch, length, _ = x.shape
        attributes: dict[str, Any] = {"hidden_size": self.hidden}
        if self.operator == "GRU":
            attributes["linear_before_reset"] = 1  # the reset gate acts after the product, as in PyTorch
        parts = 2 if self.operator == "LSTM" else 1
        begun = (state,) if isinstance(state, Tensor) else state or ()
        sizes = () if lengths is None and not begun else (None if lengths is None else lengths.to(torch.int32),)
        outputs = torch.onnx.ops.symbolic_multi_out(
            self.operator,
            (x.transpose(0, 1), self.input_weight, self.hidden_weight, self.bias, *sizes, *begun),
            attributes,
            dtypes=(x.dtype,) * (1 + parts),
            shapes=((length, 1, batch, self.hidden), *[(1, batch, self.hidden)] * parts),
        )
        after = outputs[1] if parts == 1 else (outputs[1], outputs[2])
        return outputs[0].squeeze(1).transpose(0, 1), after  # [B, T, H]


def with_onnx_recurrent(model: nn.Module) -> nn.Module:
    """A copy of a model in which each LSTM, GRU and RNN is the ONNX operator; `model` itself is left alone."""
    model = copy.deepcopy(model)
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.LSTM | nn.GRU | nn.RNN):
            model.set_submodule(name, OnnxRecurrent(layer))
    return model

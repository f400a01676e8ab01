"""A stack of one-way recurrent layers whose state comes from outside and goes out again, for text without an end.

B batch, T steps, D input width, V units that can be read, H hidden width, L layers.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from spanloom.nn.layers.rnn import CELLS
from spanloom.nn.layers.scan import GruScan, LstmScan, RnnScan


class Recurrence(nn.Module):
    """x [B, T, D], lengths [B], state [B, S] -> outputs [B, T, H], and the state behind each row [B, S].

    In place of x, numbers [B, T] stand for one-hot vectors of D = V. S is L * H, for an LSTM, whose cells are a part of
    its state, 2 * L * H. Padded positions of the outputs hold no meaning. Dropout is variational (Gal and Ghahramani
    2016, https://arxiv.org/abs/1512.05287): what is dropped of a row is dropped at each of its steps, at the input,
    between the layers, and behind the last.

    On a CPU the loops of `scan` run it, elsewhere PyTorch's layers do, and in an export ONNX's operators.
    """

    def __init__(
        self, width: int, hidden: int, layers: int, dropout: float, cell: Literal["lstm", "gru", "rnn"] = "lstm"
    ) -> None:
        super().__init__()
        self.width, self.hidden = width, hidden
        self.dropout = dropout
        self.parts = 2 if cell == "lstm" else 1  # vectors that a layer's state is made of
        self.state_width = layers * self.parts * hidden
        self.layers = nn.ModuleList(
            CELLS[cell](size, hidden, batch_first=True) for size in [width] + [hidden] * (layers - 1)
        )
        if cell == "lstm":  # its forget gates begin open (Jozefowicz et al. 2015); all else begins as in PyTorch
            with torch.no_grad():
                for layer in self.layers:
                    layer.bias_ih_l0[hidden : 2 * hidden] = 1.0  # type: ignore[operator]
                    layer.bias_hh_l0[hidden : 2 * hidden] = 0.0  # type: ignore[operator]

    def forward(self, x: Tensor, lengths: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        after: list[Tensor] = []
        states = state.reshape(-1, len(self.layers), self.parts, self.hidden)  # [B, L, 1 or 2, H]
        for number, layer in enumerate(self.layers):
            begun = [part.contiguous() for part in states[:, number].unbind(1)]
            x, ended = _run(layer, self._dropped(x), lengths, begun)
            after += ended
        return self._dropped(x), torch.cat(after, dim=1)

    def _dropped(self, x: Tensor) -> Any:
        """x without some of its columns, other ones in each row; numbers [B, T] become the vectors that they mean."""
        if not (self.training and self.dropout):
            return x
        if x.is_floating_point():
            return x * F.dropout(x.new_ones(len(x), 1, x.shape[2]), self.dropout)
        kept = F.dropout(torch.ones(len(x), self.width, device=x.device), self.dropout)
        return F.one_hot(x, self.width) * kept[:, None]


def _run(layer: nn.Module, x: Tensor, lengths: Tensor, begun: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Outputs [B, T, H] and the parts [B, H] of the state behind each row, of one layer that begins with `begun`."""
    if isinstance(layer, nn.RNNBase) and x.device.type == "cpu":
        return _scan(layer, x, lengths, begun)
    if not x.is_floating_point():
        x = F.one_hot(x, layer.input_size).to(begun[0].dtype)  # type: ignore[arg-type]
    given = (begun[0][None], begun[1][None]) if len(begun) == 2 else begun[0][None]
    if isinstance(layer, nn.RNNBase):
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, last = layer(packed, given)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    else:
        outputs, last = layer(x, given, lengths)
    return outputs, [part[0] for part in (last if isinstance(last, tuple) else (last,))]


def _scan(layer: nn.RNNBase, x: Tensor, lengths: Tensor, begun: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    weight, recurrent = layer.weight_ih_l0, layer.weight_hh_l0
    bias = layer.bias_ih_l0 if isinstance(layer, nn.GRU) else layer.bias_ih_l0 + layer.bias_hh_l0  # type: ignore[operator]
    assert isinstance(weight, Tensor)
    assert isinstance(bias, Tensor)
    if x.is_floating_point():
        projected = F.linear(x.transpose(0, 1), weight, bias).to(weight.dtype)  # [T, B, GH]
    else:  # a one-hot vector times a matrix picks one row of it
        projected = F.embedding(x.t(), (weight.t() + bias).contiguous())
    begun = [part.to(weight.dtype) for part in begun]
    if isinstance(layer, nn.LSTM):
        sequences = list(LstmScan.apply(projected, recurrent, *begun))  # type: ignore[no-untyped-call]
    elif isinstance(layer, nn.GRU):
        sequences = [GruScan.apply(projected, recurrent, layer.bias_hh_l0, *begun)]  # type: ignore[no-untyped-call]
    else:
        sequences = [RnnScan.apply(projected, recurrent, *begun)]  # type: ignore[no-untyped-call]
    rows = torch.arange(len(x), device=x.device)
    return sequences[0].transpose(0, 1), [sequence[lengths - 1, rows] for sequence in sequences]

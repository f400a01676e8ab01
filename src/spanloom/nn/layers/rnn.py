"""Recurrent layers over padded sequences, built so that they export: B batch, T tokens, D input width, H hidden width.

A bidirectional layer is two one-way layers, the second over the length-aware reversed input: no packing, the same
answer.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU] | type[nn.RNN]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class RecurrentLayers(nn.Module):
    """A stack of LSTM, GRU or plain tanh layers: x [B, T, D], lengths [B] -> [B, T, 2H], or [B, T, H] if one-way.

    Padded positions of the output hold no meaning. Dropout stands between the layers, not after the last.
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        layers: int,
        dropout: float,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
        direction: Literal["both", "forward"] = "both",
    ) -> None:
        super().__init__()
        self.width = 2 * hidden if direction == "both" else hidden
        widths = [width] + [self.width] * (layers - 1)
        self.forward_layers = nn.ModuleList(CELLS[cell](size, hidden, batch_first=True) for size in widths)
        self.backward_layers = nn.ModuleList()
        if direction == "both":
            self.backward_layers.extend(CELLS[cell](size, hidden, batch_first=True) for size in widths)
        self.dropout = nn.Dropout(dropout)
        for layer in [*self.forward_layers, *self.backward_layers]:
            _initialise(layer, hidden, cell)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        order = reversal(lengths, x)  # [B, T]
        for number, ahead in enumerate(self.forward_layers):
            if number:
                x = self.dropout(x)
            right, _ = ahead(x)  # [B, T, H]
            if self.backward_layers:
                left, _ = self.backward_layers[number](take(x, order))
                right = torch.cat([right, take(left, order)], dim=-1)  # [B, T, 2H]
            x = right
        return x


def reversal(lengths: Tensor, x: Tensor) -> Tensor:
    """Positions [B, T] that reverse each sequence in place and leave its padding where it is; its own inverse."""
    position = torch.arange(x.shape[1], device=x.device)[None, :]  # [1, T]
    mirrored = lengths[:, None] - 1 - position
    return torch.where(mirrored >= 0, mirrored, position)


def take(x: Tensor, positions: Tensor) -> Tensor:
    """x [B, T, H] at positions [B, S] -> [B, S, H]."""
    return torch.gather(x, 1, positions[:, :, None].expand(-1, -1, x.shape[2]))


def _initialise(layer: nn.Module, hidden: int, cell: str) -> None:
    for name, parameter in layer.named_parameters():
        if "weight_hh" in name:
            for gate in torch.split(parameter.data, hidden):
                nn.init.orthogonal_(gate)
        elif "weight_ih" in name:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
            if cell == "lstm" and "bias_ih" in name:
                parameter.data[hidden : 2 * hidden] = 1.0  # an open forget gate at the start

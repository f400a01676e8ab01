"""What stands above the words' vectors: recurrent layers, convolutions, or nothing. Torch.

B batch, T words, D width.
"""

from __future__ import annotations

from torch import Tensor, nn

from spanloom.encoders.parts.settings import Recurrent
from spanloom.nn.layers.rnn import RecurrentLayers


class LayersAbove(nn.Module):
    """x [B, T, D], lengths [B] -> [B, T, width], with dropout behind the last layer. Without layers, x as it is.

    backward: how many of the dimensions, the last, are read from right to left; None where none is read in order.
    """

    def __init__(
        self, width: int, layers: nn.Module | None = None, dropout: float = 0.0, backward: int | None = None
    ) -> None:
        super().__init__()
        self.layers = layers
        self.dropout = nn.Dropout(dropout)
        self.width = width
        self.backward = backward

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        if self.layers is None:
            return x
        above: Tensor = self.dropout(self.layers(x, lengths))
        return above


def recurrent_layers(config: Recurrent, width: int, dropout: float) -> LayersAbove:
    """Recurrent layers over vectors of this width."""
    if not config.layers:
        return LayersAbove(width)
    layers = RecurrentLayers(width, config.hidden, config.layers, dropout, config.cell, config.direction)
    return LayersAbove(layers.width, layers, dropout, config.hidden if config.direction == "both" else 0)

"""What stands above the words' vectors: recurrent layers, convolutions, or nothing. B batch, T words, D width."""

from __future__ import annotations

from torch import Tensor, nn

from spanloom.config import EncoderConfig
from spanloom.nn.encoders.cnn import ConvolutionLayers
from spanloom.nn.encoders.rnn import RecurrentLayers


class LayersAbove(nn.Module):
    """x [B, T, D], lengths [B] -> [B, T, width], with dropout behind the last layer. Without layers, x as it is."""

    def __init__(self, config: EncoderConfig, width: int, dropout: float) -> None:
        super().__init__()
        self.layers: ConvolutionLayers | RecurrentLayers | None = None
        sizes = width, config.hidden, config.layers, dropout
        if config.layers and config.kind == "cnn":
            self.layers = ConvolutionLayers(*sizes, config.window, config.dilations)
        elif config.layers:
            self.layers = RecurrentLayers(*sizes, config.cell, config.direction)
        self.dropout = nn.Dropout(dropout)
        self.width = width if self.layers is None else self.layers.width

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        if self.layers is None:
            return x
        above: Tensor = self.dropout(self.layers(x, lengths))
        return above

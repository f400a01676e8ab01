"""Residual convolutions over words, dilated where wanted: B batch, T words, D input width, H width.

A convolution is one product over the words of its window side by side: as fast as PyTorch's own at these sizes, and
quantized on export as every product is.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ConvolutionLayers(nn.Module):
    """x [B, T, D], lengths [B] -> [B, T, H]: a projection, then blocks x + dropout(norm(relu(convolution(x)))).

    window: words that one block reads, an odd number. dilations: the steps between them, in turn from block to block.
    Padded positions of the output hold no meaning. After the blocks of spaCy's encoder and of Strubell et al. (2017),
    "Fast and accurate entity recognition with iterated dilated convolutions".
    """

    def __init__(
        self, width: int, hidden: int, layers: int, dropout: float, window: int = 3, dilations: Sequence[int] = (1,)
    ) -> None:
        super().__init__()
        steps = [dilations[layer % len(dilations)] for layer in range(layers)]
        self.projection = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.LayerNorm(hidden))
        self.blocks = nn.ModuleList(ConvolutionBlock(hidden, window, step, dropout) for step in steps)
        self.width = hidden

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        inside = torch.arange(x.shape[1], device=x.device)[None, :] < lengths[:, None]  # [B, T]
        x = self.projection(x)
        for block in self.blocks:
            x = block(x, inside[:, :, None])
        return x


class ConvolutionBlock(nn.Module):
    """x [B, T, H], inside [B, T, 1] -> [B, T, H]. What is not inside is read as zeros."""

    def __init__(self, width: int, window: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.window, self.dilation = window, dilation
        self.convolution = nn.Linear(window * width, width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, inside: Tensor) -> Tensor:
        length, reach = x.shape[1], self.dilation * (self.window // 2)
        padded = nn.functional.pad(x * inside, (0, 0, reach, reach))  # [B, T + 2 reach, H]
        starts = [place * self.dilation for place in range(self.window)]
        near = torch.cat([padded[:, start : start + length] for start in starts], dim=-1)  # [B, T, window * H]
        new: Tensor = self.dropout(self.norm(torch.relu(self.convolution(near))))
        return x + new

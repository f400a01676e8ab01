"""A network below the last layer: what it is made of, and which part of it learns. Torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from spanloom.nn.layers.unfreezing import thaw


class Backbone(nn.Module):
    """pixels [B, 3, H, W] -> maps [B, width, h, w], through layers from the bottom to the top.

    What does not learn keeps the statistics of its batch norm: a frozen layer is always in evaluation mode.
    """

    def __init__(self, layers: Sequence[nn.Module], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.width = width
        self._every = 0

    def cut(self, layers: int) -> Backbone:
        """The lower layers alone, so many, with their weights."""
        kept = list(self.layers)[:layers]
        convolutions = [part for part in kept[-1].modules() if isinstance(part, nn.Conv2d)]
        return Backbone(kept, convolutions[-1].out_channels)

    def hold(self, top: int | None, unfreeze_epochs: int = 0) -> None:
        """Train none but so many layers, those at the top; None for all. unfreeze_epochs: epochs before each of them,
        from the top, is trained, see `unfreezing.py`; 0 trains all at once.
        """
        below = 0 if top is None else max(0, len(self.layers) - top)
        self.layers[:below].requires_grad_(False)
        self._every = unfreeze_epochs
        self._trained = [weight for weight in self.parameters() if weight.requires_grad]
        self._thawing = list(self.layers[below:])

    def begin_epoch(self, epoch: int) -> None:
        """Train as many layers, from the top, as `unfreeze_epochs` says for this epoch, counted from 1."""
        if self._every:
            thaw(self._trained, self._thawing, self._every, epoch)
            self.train(self.training)

    def train(self, mode: bool = True) -> Backbone:
        super().train(mode)
        for layer in self.layers:
            weights = list(layer.parameters())
            if weights and not any(weight.requires_grad for weight in weights):
                layer.eval()
        return self

    def forward(self, pixels: Tensor) -> Tensor:
        seen = pixels.contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            seen = layer(seen)
        return seen

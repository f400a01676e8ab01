"""Gradual unfreezing of a pretrained encoder (Howard and Ruder 2018, https://aclanthology.org/P18-1031)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def thaw(trained: Sequence[nn.Parameter], layers: Sequence[nn.Module], every: int, epoch: int) -> None:
    """Train as many of `layers`, given from the bottom, as are due in this epoch, counted from 1.

    The topmost is due after `every` epochs, each next one below it after so many more. trained: the weights that are to
    be trained in the end; those of no layer, the embeddings, come last of all.
    """
    still = len(layers) + 1 - (epoch - 1) // every  # parts that are frozen still, the embeddings one of them
    place = {id(weight): number for number, layer in enumerate(layers, 1) for weight in layer.parameters()}
    for weight in trained:
        weight.requires_grad_(place.get(id(weight), 0) >= still)

"""What is told of layers beforehand is what they have."""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

import pytest
from torch import nn

from spanloom.nn.layers.char_cnn import CharCNN
from spanloom.nn.layers.cnn import ConvolutionLayers
from spanloom.nn.layers.counts import character_weights, convolution_weights, recurrent_weights
from spanloom.nn.layers.rnn import CELLS, RecurrentLayers

Cell = Literal["lstm", "gru", "rnn"]


def weights(layers: nn.Module) -> int:
    return sum(weight.numel() for weight in layers.parameters())


def test_there_is_no_other_cell() -> None:
    assert set(get_args(Cell)) == set(CELLS)


@pytest.mark.parametrize(("cell", "layers", "ways"), list(product(get_args(Cell), (1, 3), (1, 2))))
def test_recurrent_layers(cell: Cell, layers: int, ways: int) -> None:
    direction: Literal["both", "forward"] = "both" if ways == 2 else "forward"
    assert recurrent_weights(5, 4, layers, cell, ways) == weights(RecurrentLayers(5, 4, layers, 0.0, cell, direction))


@pytest.mark.parametrize(("layers", "window"), [(1, 3), (3, 5)])
def test_convolutions(layers: int, window: int) -> None:
    assert convolution_weights(5, 4, layers, window) == weights(ConvolutionLayers(5, 4, layers, 0.0, window, (1, 2)))


def test_characters() -> None:
    assert character_weights(9, 4, 6) == weights(CharCNN(9, 4, 6))

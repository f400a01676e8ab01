"""How many weights the layers beside this file have, told from their sizes. No torch, for what is told before training.

`tests/nn/layers/test_counts.py` counts them in the layers themselves.
"""

from __future__ import annotations

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def recurrent_weights(width: int, hidden: int, layers: int, cell: str, ways: int) -> int:
    """Of `RecurrentLayers` that read `ways` ways."""
    widths = [width] + [ways * hidden] * (layers - 1)
    return sum(ways * GATES[cell] * hidden * (size + hidden + 2) for size in widths)


def convolution_weights(width: int, hidden: int, layers: int, window: int) -> int:
    """Of `ConvolutionLayers`."""
    norm = 2 * hidden
    return (width + 1) * hidden + norm + layers * ((window * hidden + 1) * hidden + norm)


def character_weights(size: int, width: int, filters: int, window: int = 3) -> int:
    """Of a `CharCNN`."""
    return size * width + (width * window + 1) * filters

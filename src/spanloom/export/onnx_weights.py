"""Weights in all of the 8 bits, and still safe where products are added in pairs of 16 bits.

Processors with AVX2 but no VNNI multiply unsigned activations (0 to 255) by signed weights and add two neighbours in 16
bits, where 2 * 255 * 127 overflows without a sign of it. The usual remedy is weights of 7 bits. But what must not be
too large is the sum of two neighbours, 255 * (|a| + |b|) < 2**15, and large weights seldom stand side by side: a
column's scale need only keep the two largest of each four neighbours to 128 together.
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, numpy_helper

from spanloom.core import Array

TOGETHER = 128
"""What two weights that are added may be at most: 255 * 128 < 2**15."""
NEIGHBOURS = 4


def quantized_columns(weight: Array) -> tuple[Array, Array]:
    """weight [I, O] as int8 [I, O] and the scales [O] that give it back."""
    inputs, outputs = weight.shape
    size = np.abs(weight)
    padded = np.concatenate([size, np.zeros((-inputs % NEIGHBOURS, outputs), dtype=size.dtype)])
    largest = np.sort(padded.reshape(-1, NEIGHBOURS, outputs), axis=1)[:, -2:].sum(axis=1).max(axis=0)  # [O]
    # Rounding may add a half to each of the two.
    scale = np.maximum(largest / (TOGETHER - 1), size.max(axis=0) / 127)
    scale = np.maximum(scale, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(weight / scale).astype(np.int8), scale


def rescale_weights(graph: GraphProto, floats: GraphProto) -> None:
    """Give the 8-bit weights of a quantized graph, in place, the values of `quantized_columns`.

    floats: the same graph before it was quantized. Weights of products [I, O] and of LSTMs [directions, I, O], which
    the float graph has transposed, with symmetric int8 columns.
    """
    given = {tensor.name: tensor for tensor in floats.initializer}
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for name, tensor in constants.items():
        base = name.removesuffix("_quantized")
        if base == name or base not in given or f"{base}_scale" not in constants:
            continue
        weight, quantized = numpy_helper.to_array(given[base]), numpy_helper.to_array(tensor)
        if quantized.ndim == 3:
            weight = weight.transpose(0, 2, 1)
        assert weight.shape == quantized.shape, f"{base} is {weight.shape}, quantized {quantized.shape}"
        columns = [quantized_columns(part) for part in weight.reshape(-1, *weight.shape[-2:])]
        values = np.stack([column for column, _ in columns]).reshape(weight.shape)
        scales = np.stack([scale for _, scale in columns]).reshape(list(constants[f"{base}_scale"].dims))
        tensor.CopyFrom(numpy_helper.from_array(values, name))
        constants[f"{base}_scale"].CopyFrom(numpy_helper.from_array(scales, f"{base}_scale"))

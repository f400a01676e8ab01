"""The weights of convolutions over pictures in 8 bits, each filter with a scale of its own, computed with as floats.

A runtime multiplies them out once, when it loads the graph: the file is a third of the size, and a picture takes as
long as before. Of EfficientNet-Lite0 on hand signs the logits, which spread by 6.2, were off by 0.21 (root mean
square, 206 dev pictures). With the small convolutions of the first layers in 8 bits too, of which a picture's finest
detail hangs, it was 0.52; with activations in 8 bits as well 0.65, for a fifth of the time where the processor has
instructions for it. O outputs, I inputs, k places of a filter.
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from spanloom.core import Array
from spanloom.export.onnx_graph import drop_unused_constants

LEAST = 10_000
"""Weights of a convolution below which there is little to save, and much to lose."""


def shrink_convolutions(graph: GraphProto) -> None:
    """Replace, in place, the constant weights [O, I, k, k] of each large convolution by int8 ones times scales; but
    of depthwise ones, which are few.
    """
    constants = {tensor.name: tensor for tensor in graph.initializer}
    added: list[NodeProto] = []
    for node in graph.node:
        tensor = constants.get(node.input[1]) if node.op_type == "Conv" else None
        depthwise = any(each.name == "group" and each.i > 1 for each in node.attribute)
        if tensor is None or tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 4 or depthwise:
            continue
        weights = numpy_helper.to_array(tensor)
        if weights.size >= LEAST:
            added += _times_scale(graph, node, *rounded_filters(weights))
    nodes = [*added, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused_constants(graph)


def rounded_filters(weights: Array) -> tuple[Array, Array]:
    """weights [O, I, k, k] as int8 of that shape and the scales [O, 1, 1, 1] that give them back."""
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    scale = (np.maximum(largest, np.finfo(np.float32).tiny) / 127).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale


def _times_scale(graph: GraphProto, node: NodeProto, rounded: Array, scale: Array) -> list[NodeProto]:
    """What gives a convolution its weights; the node reads it from here on."""
    name = f"{node.output[0]}.filters"
    graph.initializer.append(numpy_helper.from_array(rounded, f"{name}.int8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
    node.input[1] = name
    return [
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], name=f"{name}.cast", to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [name], name=f"{name}.times"),
    ]

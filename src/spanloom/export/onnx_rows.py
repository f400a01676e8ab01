"""Embedding tables in 8 bits with a scale for each row: onnxruntime's own quantization gives a whole table one scale.

One rare word with a large vector would then take precision from all others. What is looked up is exact in float32 again
before anything is computed from it.
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from spanloom.core import Array
from spanloom.export.onnx_graph import large_lookups, replace_nodes


def quantize_rows(graph: GraphProto) -> None:
    """Replace, in place, every lookup in a large constant table [N, D] by one of int8 rows times scales [N, 1]."""
    replace_nodes(graph, {node.output[0]: _lookup(graph, node, rows) for node, rows in list(large_lookups(graph))})


def _lookup(graph: GraphProto, node: NodeProto, rows: Array) -> list[NodeProto]:
    """What gives `node` its output out of int8 rows."""
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
    name = node.output[0]
    graph.initializer.append(numpy_helper.from_array(np.rint(rows / scale).astype(np.int8), f"{name}.rows"))
    graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
    return [
        helper.make_node("Gather", [f"{name}.rows", node.input[1]], [f"{name}.row"], name=f"{name}.row"),
        helper.make_node("Cast", [f"{name}.row"], [f"{name}.float"], name=f"{name}.float", to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scale", node.input[1]], [f"{name}.size"], name=f"{name}.size"),
        helper.make_node("Mul", [f"{name}.float", f"{name}.size"], [name], name=f"{name}.times"),
    ]

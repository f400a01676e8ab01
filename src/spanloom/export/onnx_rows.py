"""Embedding tables in 8 bits with a scale for each row: onnxruntime's own quantization gives a whole table one scale.

One rare word with a large vector would then take precision from all others. What is looked up is exact in float32 again
before anything is computed from it.
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, TensorProto, helper, numpy_helper

from spanloom.export.onnx_graph import drop_unused_constants

ROWS = 256
"""Smaller tables stay as they are: there is little to save."""


def quantize_rows(graph: GraphProto) -> None:
    """Replace, in place, every lookup in a large constant table [N, D] by one of int8 rows times scales [N, 1]."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        table = constants.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.data_type != TensorProto.FLOAT or len(table.dims) != 2 or table.dims[0] < ROWS:
            nodes.append(node)
            continue
        rows = numpy_helper.to_array(table)
        scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
        name = node.output[0]
        graph.initializer.append(numpy_helper.from_array(np.rint(rows / scale).astype(np.int8), f"{name}.rows"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        nodes += [
            helper.make_node("Gather", [f"{name}.rows", node.input[1]], [f"{name}.row"], name=f"{name}.row"),
            helper.make_node("Cast", [f"{name}.row"], [f"{name}.float"], name=f"{name}.float", to=TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scale", node.input[1]], [f"{name}.size"], name=f"{name}.size"),
            helper.make_node("Mul", [f"{name}.float", f"{name}.size"], [name], name=f"{name}.times"),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused_constants(graph)

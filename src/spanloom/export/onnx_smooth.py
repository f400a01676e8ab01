"""Activations made even before they are quantized, at the cost of their weights.

Some features of a transformer are many times larger than the others, always the same ones. Scaled to 8 bits together
with these the others keep a few steps. Divided by a factor for each feature, and the rows of the weights behind them
multiplied by it, the product is the same, and both sides lose less (Xiao et al. 2023, SmoothQuant,
https://arxiv.org/abs/2211.10438). I inputs of a product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from spanloom.core import Array, Arrays
from spanloom.export.onnx_graph import drop_unused_constants

SHARE = 0.75
"""How much of the unevenness the weights take over. The paper has 0.5. Here a column of weights has a scale of its own
and activations have one for all: of multilingual-e5-small with the tables of CoNLL04, relation scores of the int8 graph
were off by 0.79 as it was, by 0.77 with 0.5, 0.31 with 0.65 and 0.29 with 0.8 (root mean square of logits, 80 dev
sentences).
"""

UNEVEN = 2.0
"""Only activations whose largest feature is so many times the median one are made even: each costs a pass over them."""


def peaks(model: onnx.ModelProto, feeds: Iterable[Arrays]) -> dict[str, Array]:
    """The largest size [I] of each feature, over all inputs, of what goes into each product by a constant matrix."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    names = list(dict.fromkeys(node.input[0] for node in _products(model.graph)))
    given = {entry.name for entry in [*model.graph.input, *model.graph.output]}
    names = [name for name in names if name not in given]
    if not names:
        return {}
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found: dict[str, Array] = {}
    for feed in feeds:
        for name, value in zip(names, session.run(names, dict(feed)), strict=True):
            largest = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0, initial=0.0)
            found[name] = np.maximum(found.get(name, 0.0), largest)
    return found


def smooth_products(graph: GraphProto, found: Mapping[str, Array]) -> None:
    """Divide, in place, what goes into products by a factor for each feature, and multiply their weights by it."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    by_input: dict[str, list[NodeProto]] = {}
    for node in _products(graph):
        by_input.setdefault(node.input[0], []).append(node)
    added: dict[str, NodeProto] = {}
    for name, nodes in by_input.items():
        weights = [numpy_helper.to_array(constants[node.input[1]]) for node in nodes]
        factors = _factors(found[name], weights) if name in found else None
        if factors is None:
            continue
        graph.initializer.append(numpy_helper.from_array((1 / factors).astype(np.float32), f"{name}.even"))
        added[name] = helper.make_node("Mul", [name, f"{name}.even"], [f"{name}.evened"], name=f"{name}.evened")
        for number, (node, weight) in enumerate(zip(nodes, weights, strict=True)):
            scaled = f"{name}.weight.{number}"
            graph.initializer.append(numpy_helper.from_array(weight * factors[:, None].astype(np.float32), scaled))
            node.input[0], node.input[1] = f"{name}.evened", scaled
    _insert(graph, added)
    drop_unused_constants(graph)


def _products(graph: GraphProto) -> list[NodeProto]:
    matrices = {tensor.name for tensor in graph.initializer if len(tensor.dims) == 2}
    return [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in matrices]


def _factors(peak: Array, weights: list[Array]) -> Array | None:
    """The factor [I] of each feature; None where features are even as they are."""
    if peak.max() <= UNEVEN * max(float(np.median(peak)), 1e-6):
        return None
    rows = np.max([np.abs(weight).max(axis=1) for weight in weights], axis=0)  # [I]
    factors = np.maximum(peak, 1e-5) ** SHARE / np.maximum(rows, 1e-5) ** (1 - SHARE)
    mean = np.exp(np.log(factors).mean())
    evened: Array = factors / mean
    return evened


def _insert(graph: GraphProto, added: dict[str, NodeProto]) -> None:
    """Put each of these nodes before the first that reads it."""
    nodes = []
    for node in graph.node:
        for name in node.input:
            source = name.removesuffix(".evened")
            if source in added and name != source:
                nodes.append(added.pop(source))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)

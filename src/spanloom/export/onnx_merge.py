"""Products that share their left side, done as one: fewer and larger, they are faster.

An attention layer multiplies its input by three matrices and the table heads theirs by six; side by side these are one
matrix. A column keeps its own scale, so that an int8 graph gives the same numbers with and without.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from spanloom.core import Array
from spanloom.export.onnx_graph import drop_unused_constants


@dataclass(frozen=True)
class _Product:
    """`x @ weight + bias`, whose result is called `output`; there may be no bias."""

    nodes: tuple[NodeProto, ...]
    weight: Array
    bias: Array | None
    output: str


def merge_products(graph: GraphProto) -> None:
    """Replace, in place, every group of products by constants that share input and form, by one product and a split."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    groups: dict[tuple[str, bool], list[_Product]] = defaultdict(list)
    for node in graph.node:
        product = _product(node, graph, constants)
        if product is not None:
            groups[node.input[0], product.bias is not None].append(product)
    for (source, biased), products in groups.items():
        if len(products) > 1:
            _replace(graph, source, biased, products)
    drop_unused_constants(graph)


def _product(node: NodeProto, graph: GraphProto, constants: dict[str, TensorProto]) -> _Product | None:
    if node.op_type != "MatMul" or node.input[1] not in constants or len(constants[node.input[1]].dims) != 2:
        return None
    weight = numpy_helper.to_array(constants[node.input[1]])
    after = [other for other in graph.node if node.output[0] in other.input]
    if len(after) == 1 and after[0].op_type == "Add":
        (other,) = (name for name in after[0].input if name != node.output[0])
        if other in constants and list(constants[other].dims) == [weight.shape[1]]:
            bias = numpy_helper.to_array(constants[other])
            return _Product((node, after[0]), weight, bias, after[0].output[0])
    return _Product((node,), weight, None, node.output[0])


def _replace(graph: GraphProto, source: str, biased: bool, products: list[_Product]) -> None:
    first = products[0].nodes[0]
    place = next(index for index, node in enumerate(graph.node) if node.output[0] == first.output[0])
    name = f"{products[0].output}.merged"
    weight = np.concatenate([product.weight for product in products], axis=1)
    graph.initializer.append(numpy_helper.from_array(weight, f"{name}.weight"))
    nodes = [helper.make_node("MatMul", [source, f"{name}.weight"], [f"{name}.product"], name=f"{name}.product")]
    if biased:
        bias = np.concatenate([product.bias for product in products if product.bias is not None])
        graph.initializer.append(numpy_helper.from_array(bias, f"{name}.bias"))
        nodes.append(helper.make_node("Add", [f"{name}.product", f"{name}.bias"], [f"{name}.sum"], name=f"{name}.sum"))
    sizes = np.array([product.weight.shape[1] for product in products], dtype=np.int64)
    graph.initializer.append(numpy_helper.from_array(sizes, f"{name}.sizes"))
    outputs = [product.output for product in products]
    nodes.append(
        helper.make_node("Split", [nodes[-1].output[0], f"{name}.sizes"], outputs, name=f"{name}.split", axis=-1)
    )
    gone = {output for product in products for node in product.nodes for output in node.output}
    before, after = list(graph.node)[:place], list(graph.node)[place:]
    kept = [[node for node in part if node.output[0] not in gone] for part in (before, after)]
    del graph.node[:]
    graph.node.extend([*kept[0], *nodes, *kept[1]])

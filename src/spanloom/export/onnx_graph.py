"""Reading, changing and writing ONNX graphs. The only place that knows files; what changes a graph knows none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import onnx
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, helper, numpy_helper

from spanloom.core import Array

ROWS = 256
"""Tables with fewer rows stay as they are: there is little to save."""
BITS = {TensorProto.INT4: 4, TensorProto.INT8: 8, TensorProto.FLOAT: 32}
"""Of a number in a table of vectors."""


def load_graph(path: Path) -> GraphProto:
    return onnx.load(path).graph


def rewrite(path: Path, *changes: Callable[[GraphProto], None]) -> None:
    """Make changes, each in place, to the graph of a file that this process alone has."""
    model = onnx.load(path)
    for change in changes:
        change(model.graph)
    domains = {node.domain for node in model.graph.node} - {entry.domain for entry in model.opset_import}
    model.opset_import.extend(helper.make_opsetid(domain, 1) for domain in sorted(domains))
    onnx.save(model, path)


def large_lookups(graph: GraphProto) -> Iterator[tuple[NodeProto, Array]]:
    """Each lookup by rows in a large constant table of floats, with the table [N, D]."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        table = constants.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None or table.data_type != TensorProto.FLOAT or len(table.dims) != 2 or table.dims[0] < ROWS:
            continue
        yield node, numpy_helper.to_array(table)


def table_sizes(graph: GraphProto) -> list[dict[str, int]]:
    """Of each large constant table that is looked up by rows: how many, how wide, and of how many bits a number."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    looked_up = [node.input[0] for node in graph.node if node.op_type in ("Gather", "GatherBlockQuantized")]
    tables = [constants[name] for name in dict.fromkeys(looked_up) if name in constants]
    return [
        {"rows": table.dims[0], "width": table.dims[1], "bits": BITS[table.data_type]}
        for table in tables
        if len(table.dims) == 2 and table.dims[0] >= ROWS and table.dims[1] > 1 and table.data_type in BITS
    ]


def replace_nodes(graph: GraphProto, changed: Mapping[str, Sequence[NodeProto]]) -> None:
    """Put others in the place of nodes, in place; changed: by the name of their first output."""
    nodes = [new for node in graph.node for new in changed.get(node.output[0], [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused_constants(graph)


def drop_unused_constants(graph: GraphProto) -> None:
    used = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def forget_origin(graph: GraphProto) -> None:
    """Delete what the exporter noted down beside the graph: from which lines of which files each node came, by path."""
    parts = [*graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info, graph]
    for part in parts:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for node in graph.node:
        for attribute in node.attribute:
            attribute.ClearField("doc_string")
            inner = [attribute.g] if attribute.type == AttributeProto.GRAPH else attribute.graphs
            for branch in inner:
                forget_origin(branch)

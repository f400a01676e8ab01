"""Reading, changing and writing ONNX graphs. The only place that knows files; what changes a graph knows none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
from onnx import AttributeProto, GraphProto


def load_graph(path: Path) -> GraphProto:
    return onnx.load(path).graph


def rewrite(path: Path, *changes: Callable[[GraphProto], None]) -> None:
    """Make changes, each in place, to the graph of a file that this process alone has."""
    model = onnx.load(path)
    for change in changes:
        change(model.graph)
    onnx.save(model, path)


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

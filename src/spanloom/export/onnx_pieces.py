"""A graph that knows fewer pieces: the tables that it looks them up in, cut down to the rows of those that are kept."""

from __future__ import annotations

from onnx import GraphProto, numpy_helper

from spanloom.core import Array


def keep_rows(graph: GraphProto, name: str, rows: Array) -> None:
    """Cut, in place, every table that the input `name` is looked up in down to these rows [K], in this order.

    The input's numbers are then places in `rows`, wherever else it goes; what comes of that, the scores tell.
    """
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather" and node.input[1] == name}
    tables = [tensor for tensor in graph.initializer if tensor.name in looked_up]
    assert tables, f"the graph looks '{name}' up in no table"
    for tensor in tables:
        elsewhere = [
            node.name
            for node in graph.node
            if tensor.name in node.input and not (node.op_type == "Gather" and node.input[1] == name)
        ]
        assert not elsewhere, f"the table of '{name}' is read by {elsewhere} too"
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor)[rows], tensor.name))

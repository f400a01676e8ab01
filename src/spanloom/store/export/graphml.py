"""Facts as a graph in GraphML: a node an entity, an edge a fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from spanloom.store.kept import Fact
from spanloom.store.names import key_of
from spanloom.write.lines import atomic_text

_NODE = {"name": "string", "label": "string"}
_EDGE = {"relation": "string", "score": "double", "sentence": "string"} | dict.fromkeys(
    ("document", "model", "at"), "string"
)
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, however it is written."""


def write_graphml(path: Path, facts: Callable[[], Iterator[Fact]]) -> int:
    """Write one fact after another, each entity before the first that it stands in; how many facts.

    A node has the label of the mention that it was met by first.
    """
    nodes: dict[str, str] = {}
    count = 0
    with atomic_text(path) as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for kind, parts in (("node", _NODE), ("edge", _EDGE)):
            for name, form in parts.items():
                file.write(f'  <key id="{kind}_{name}" for="{kind}" attr.name="{name}" attr.type="{form}"/>\n')
        file.write('  <graph id="facts" edgedefault="directed">\n')
        for count, fact in enumerate(facts(), start=1):
            for side in (fact.head, fact.tail):
                if (key := key_of(side.entity)) not in nodes:
                    nodes[key] = f"n{len(nodes)}"
                    data = _data("node", {"name": side.entity, "label": side.label})
                    file.write(f"    <node id={quoteattr(nodes[key])}>{data}</node>\n")
            sides = (nodes[key_of(side.entity)] for side in (fact.head, fact.tail))
            ends = " ".join(f'{end}="{node}"' for end, node in zip(("source", "target"), sides, strict=True))
            row = fact.to_dict()
            data = _data("edge", {name: row[name] for name in _EDGE})
            file.write(f'    <edge id="f{count}" {ends}>{data}</edge>\n')
        file.write("  </graph>\n</graphml>\n")
    return count


def _data(kind: str, values: dict[str, Any]) -> str:
    written = ((name, value) for name, value in values.items() if value is not None)
    return "".join(f'<data key="{kind}_{name}">{_text(str(value))}</data>' for name, value in written)


def _text(value: str) -> str:
    """Text of XML; a carriage return as a reference, as a reader would take it for the end of a line."""
    return escape(_UNWRITABLE.sub("\ufffd", value), {"\r": "&#13;"})

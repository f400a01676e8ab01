"""CasRel's JSON, a list or lines: `{"text": "…", "triple_list": [["head", "relation", "tail"], …]}`.

Wei et al. 2020, https://arxiv.org/abs/1909.03227. Facts are text only and are located by the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import field, json_items, of_kind, shown
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.locate import Triple, example_of_triples
from spanloom.read.parts.texts import tokenized
from spanloom.text.counts import several

KEYS = Keys((frozenset({"triple_list"}),), gold=("triple_list",), inputs=("text",))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        where = str(source)
        text = tokenized(field(item, "text", str, where), where, config)
        triples = [_triple(triple, where) for triple in field(item, "triple_list", list, where)]
        yield example_of_triples(text, triples, source)


def _triple(value: Any, where: str) -> Triple:
    parts = of_kind(value, list, where, "a triple")
    if len(parts) != 3:
        found = f"a triple of {several(len(parts), 'part')}, {shown(parts)}"
        raise DataError(where, found, "[head, relation, tail]", "Correct the triple.")
    head, relation, tail = (of_kind(part, str, where, "a part of a triple") for part in parts)
    return head, relation, tail


FORMAT = Format(name="casrel", shape="text, triple_list", answer=Graph, fit=KEYS.fit, read=read, keys=KEYS.read)

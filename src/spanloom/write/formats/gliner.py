"""GLiNER's training data: tokens, and entities by their first and last token; relations by the places of entities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.write.formats.parts.json_list import write_list
from spanloom.write.formats.parts.target import Holds, Options, Target

RELATIONS = "relations"


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Relations are written where any text has some, and then for each."""
    items = [_item(example) for example in examples]
    related = any(item[RELATIONS] for item in items)
    write_list(path, (item if related else _without(item) for item in items))


def _item(example: Example) -> dict[str, Any]:
    text: Text = example.input
    graph: Graph = example.gold  # type: ignore[assignment]
    numbers = {span: number for number, span in reversed([*enumerate(graph.spans)])}
    return {
        **example.fields,
        "tokenized_text": [token.text for token in text.tokens],
        "ner": [[span.start, span.end - 1, span.label] for span in graph.spans],
        RELATIONS: [[numbers[one.head], numbers[one.tail], one.label] for one in graph.relations],
    }


def _without(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != RELATIONS}


FORMAT = Target(
    name="gliner",
    reads="gliner",
    summary="GLiNER's training data",
    answers=(Graph,),
    holds=frozenset({Holds.relations, Holds.overlaps, Holds.tokens, Holds.empty, Holds.ids, Holds.fields}),
    write=write,
)

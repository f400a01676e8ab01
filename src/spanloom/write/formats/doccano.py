"""doccano's JSON lines: spans as `label` triples, or as `entities` and `relations` where any text has relations.

A project of relation extraction imports the second form, one of sequence labelling the first, so that a file has one of
them throughout. Offsets count characters. Classes are a list under `label`. What is not ASCII is escaped: doccano
guesses the encoding of a file where nobody can name it. All lines have the same fields: it imports no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.read.parts.doccano import ABSENT
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import write_lines

ENTITIES, RELATIONS = "entities", "relations"


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    read = list(examples)
    empty = dict.fromkeys((name for example in read for name in example.fields), ABSENT)
    lines = [_line(example, empty) for example in read]
    related = any(line.get(RELATIONS) for line in lines)
    write_lines(path, (line if related else _in_triples(line) for line in lines), escaped=True)


def _line(example: Example, empty: dict[str, str]) -> dict[str, Any]:
    """A line with all fields that any has; doccano would make NaN, which is no JSON, of those that some lack."""
    line = {**empty, **example.fields, "text": example.input.text}
    if example.gold is None:
        return line
    kind = kind_of(example.gold)
    if kind.graph is None:
        return {**line, "label": [name for _, name in kind.classes(example.gold)]}
    text, spans, relations = kind.graph(example.input, example.gold)
    ids = {span: number for number, span in reversed([*enumerate(spans)])}
    places = [text.characters(span) for span in spans]
    entities = [
        {"id": number, "label": span.label, "start_offset": start, "end_offset": end}
        for number, (span, (start, end)) in enumerate(zip(spans, places, strict=True))
    ]
    joined = [
        {"id": number, "from_id": ids[one.head], "to_id": ids[one.tail], "type": one.label}
        for number, one in enumerate(relations)
    ]
    return {**line, ENTITIES: entities, RELATIONS: joined}


def _in_triples(line: dict[str, Any]) -> dict[str, Any]:
    """The first form of a line, which has no relations."""
    if ENTITIES not in line:
        return line
    rest = {key: value for key, value in line.items() if key not in (ENTITIES, RELATIONS)}
    return {**rest, "label": [[one["start_offset"], one["end_offset"], one["label"]] for one in line[ENTITIES]]}


FORMAT = Target(
    name="doccano",
    reads="doccano",
    summary="doccano's JSON lines",
    answers=(Graph, Label),
    holds=frozenset(Holds) - {Holds.tokens, Holds.pairs, Holds.plain, Holds.lost, Holds.predictions, Holds.scores},
    write=write,
)

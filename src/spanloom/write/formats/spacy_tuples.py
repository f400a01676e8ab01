"""spaCy 2's training data in JSON: pairs of a text and its entities, or its categories with 1.0 and 0.0."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.write.formats.parts.json_list import write_list
from spanloom.write.formats.parts.target import Holds, Options, Target


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    read = list(examples)
    names = sorted({name for example in read for _, name in kind_of(example.gold).classes(example.gold)})
    write_list(path, ([example.input.text, _said(example, names)] for example in read))


def _said(example: Example, names: list[str]) -> dict[str, Any]:
    """names: the classes that there are, of which each text says which it has."""
    kind = kind_of(example.gold)
    if kind.graph is None:
        own = {name for _, name in kind.classes(example.gold)}
        return {"cats": {name: float(name in own) for name in names}}
    text, spans, _ = kind.graph(example.input, example.gold)
    return {"entities": [[*text.characters(span), span.label] for span in spans]}


FORMAT = Target(
    name="spacy-tuples",
    reads="spacy-tuples",
    summary="spaCy 2's pairs of a text and its entities or categories, in JSON",
    answers=(Graph, Label),
    holds=frozenset({Holds.spacing, Holds.empty, Holds.several}),
    write=write,
)

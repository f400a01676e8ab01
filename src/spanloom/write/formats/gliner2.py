"""GLiNER2's training data: entities, relations and classes as text, JSON lines of `input` and `output`.

It says what is in a text, and not where: of a name that stands there twice one is meant, and the reader looks for it.
What it would find elsewhere than it is annotated is not held. Every text names all labels of entities, empty where it
has none of them: GLiNER2 learns from that what there is not, and refuses a text that names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.locate import example_of_triples
from spanloom.text.words import tokenize
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import write_lines

CLASSES = "classes"
"""What the task of the classes is called."""


def adapt(example: Example, ledger: Ledger) -> Example:
    """The example with those of its facts that are found again where they stand."""
    if not isinstance(example.gold, Graph):
        return example
    gold = example.gold
    while True:
        found = _found(example.input, gold)
        spans = tuple(span for span in gold.spans if span in found.spans)
        kept = {*spans}
        relations = tuple(one for one in gold.relations if one in found.relations and {one.head, one.tail} <= kept)
        if (spans, relations) == (gold.spans, gold.relations):
            break
        gold = Graph(spans, relations)
    text: Text = example.input
    for span in example.gold.spans:
        if span not in gold.spans:
            ledger.lose(
                "entity of which the text is found elsewhere", example.source, f"{text.surface(span)!r} {span.label}"
            )
    for one in example.gold.relations:
        if one not in gold.relations:
            ledger.lose("relation of which the text is found elsewhere", example.source, text.describe(one))
    return replace(example, gold=gold)


def _found(text: Text, gold: Graph) -> Graph:
    """What a reader makes of the facts as text, in the tokens of the text; it may find more than there is."""
    whole = Text(text.text, tokenize(text.text))
    mentions = [(surface, label) for label, surfaces in _mentions(text, gold).items() for surface in surfaces]
    example = example_of_triples(whole, _triples(text, gold), Example(whole).source, mentions)
    places = {(token.start, "start"): number for number, token in enumerate(text.tokens)}
    places |= {(token.end, "end"): number + 1 for number, token in enumerate(text.tokens)}
    moved: dict[Span, Span] = {}
    for span in example.gold.spans:  # type: ignore[union-attr]
        start, end = whole.characters(span)
        first, last = places.get((start, "start")), places.get((end, "end"))
        if first is not None and last is not None:
            moved[span] = Span(first, last, span.label)
    pairs = ((one, moved.get(one.head), moved.get(one.tail)) for one in example.gold.relations)  # type: ignore[union-attr]
    relations = tuple(Relation(head, tail, one.label) for one, head, tail in pairs if head and tail)
    return Graph(tuple(moved.values()), relations)


def _triples(text: Text, gold: Graph) -> list[tuple[str, str, str]]:
    return [(text.surface(one.head), one.label, text.surface(one.tail)) for one in gold.relations]


def _mentions(text: Text, gold: Graph) -> dict[str, list[str]]:
    """What the entities of each label read, each once."""
    found: dict[str, list[str]] = {}
    for surface, label in dict.fromkeys((text.surface(span), span.label) for span in gold.spans):
        found.setdefault(label, []).append(surface)
    return found


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    """Relations are written where any text has some, and then for each."""
    read = list(examples)
    names = sorted({name for example in read for _, name in kind_of(example.gold).classes(example.gold)})
    if read and kind_of(read[0].gold).graph is None:  # all of one type
        several = any(len(example.gold.names) != 1 for example in read)  # type: ignore[union-attr]
        outputs = [_classes(example, names, several) for example in read]
    else:
        related = any(example.gold.relations for example in read)  # type: ignore[union-attr]
        labels = sorted({span.label for example in read for span in example.gold.spans})  # type: ignore[union-attr]
        outputs = [_facts(example, labels, related) for example in read]
    write_lines(
        path,
        (
            {**example.fields, "input": example.input.text, "output": output}
            for example, output in zip(read, outputs, strict=True)
        ),
    )


def _classes(example: Example, names: list[str], several: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"task": CLASSES, "labels": names, "true_label": list(example.gold.names)}  # type: ignore[union-attr]
    return {"classifications": [{**said, "multi_label": True} if several else said]}


def _facts(example: Example, labels: Sequence[str], related: bool) -> dict[str, Any]:
    text: Text = example.input
    gold: Graph = example.gold  # type: ignore[assignment]
    entities = {**{label: list[str]() for label in labels}, **_mentions(text, gold)}
    relations = [{name: {"head": head, "tail": tail}} for head, name, tail in _triples(text, gold)]
    return {"entities": entities, "relations": relations} if related else {"entities": entities}


FORMAT = Target(
    name="gliner2",
    reads="gliner2",
    summary="GLiNER2's training data, facts and classes as text",
    answers=(Graph, Label),
    holds=frozenset(
        {Holds.relations, Holds.overlaps, Holds.spacing, Holds.empty, Holds.several, Holds.ids, Holds.fields}
    ),
    write=write,
    adapt=adapt,
    by_text=True,
)

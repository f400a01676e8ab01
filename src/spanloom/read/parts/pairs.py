"""The pairs of entities of annotated texts, each an example of how the two are related."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from spanloom.answers.graph import Graph
from spanloom.core import Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span, Text
from spanloom.read.parts.left_out import Note, noted

SECOND = "another relation of the same pair"
Pair = tuple[Span, Span]


def pairs_of(examples: Iterator[Example], unrelated: str | None, where: str) -> Iterator[Example]:
    """An example for each ordered pair of entities with a relation, of several relations of a pair the first.

    unrelated: the label of the other pairs; None where these are no examples, but counted. A text of which nobody says
    what is in it has none. where: the path, and what it is read as. Raises DataError where there is no example.
    """
    return noted(_items(examples, unrelated, where))


def _items(examples: Iterator[Example], unrelated: str | None, where: str) -> Iterator[Example | Note]:
    found = False
    for example in examples:
        for item in _of_text(example, unrelated):
            found = found or isinstance(item, Example)
            yield item
    if not found:
        expected, remedy = "relations between entities", "Annotate some, or set data.unrelated, which labels all pairs."
        raise DataError(where, "no text in which two entities are related", expected, remedy)


def _of_text(example: Example, unrelated: str | None) -> Iterator[Example | Note]:
    text: Text = example.input
    graph: Graph | None = example.gold
    if graph is None:
        yield from example.mended
        yield example.source, "text without annotations left out"
        return
    related: dict[Pair, Relation] = {}
    lost = [fact for fact in example.lost if fact.kind == "relation"]
    for one in graph.relations:
        if related.setdefault((one.head, one.tail), one) is not one:
            lost.append(LostFact("relation", one.label, text.describe(one), SECOND))
    others = [pair for pair in permutations(graph.spans, 2) if pair not in related]
    notes = list(example.mended)
    if unrelated is not None:
        related |= {pair: Relation(*pair, unrelated) for pair in others}
    elif others:
        notes.append((example.source, f"pair of entities without a relation left out: {len(others):,}"))
    yield from notes
    for (head, tail), relation in related.items():
        yield replace(example, input=MarkedText(text, head, tail), gold=relation, lost=tuple(lost), mended=())
        lost = []
    if not related and lost:
        yield example.source, f"relation that could not be placed left out: {len(lost):,}"

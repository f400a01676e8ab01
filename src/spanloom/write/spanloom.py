"""Examples and predictions to the toolkit's own JSON lines, which `read.spanloom` reads back without loss."""

from __future__ import annotations

from typing import Any

from spanloom.answers.graph import Graph
from spanloom.core import Example, Relation, Span, Text
from spanloom.read.parts.entities_alone import NO_RELATIONS
from spanloom.text.words import tokenize


def to_dict(text: Text, graph: Graph) -> dict[str, Any]:
    """What a user sees of an answer: offsets are characters of their own text, half-open.

    `head` and `tail` index `entities`. An entity or a relation has the key `score` only when it has a score.
    """
    index = {span: number for number, span in reversed(list(enumerate(graph.spans)))}  # of equal spans the first
    return {
        "text": text.text,
        "entities": [entity_to_dict(text, span) for span in graph.spans],
        "relations": [_relation(index, relation) for relation in graph.relations],
    }


def entity_to_dict(text: Text, span: Span) -> dict[str, Any]:
    """An entity as a user sees it; it has the key `score` only when it has a score."""
    start, end = text.characters(span)
    entity = {"start": start, "end": end, "label": span.label, "text": text.text[start:end]}
    return entity if span.score is None else {**entity, "score": float(span.score)}


def _relation(index: dict[Span, int], relation: Relation) -> dict[str, Any]:
    item = {"head": index[relation.head], "tail": index[relation.tail], "label": relation.label}
    return item if relation.score is None else {**item, "score": float(relation.score)}


def example_to_dict(example: Example) -> dict[str, Any]:
    """An example as a line of the format, with all that is needed to read back an equal one (but for its source)."""
    text: Text = example.input
    item: dict[str, Any] = {"text": text.text} if example.gold is None else to_dict(text, example.gold)
    if any(case == NO_RELATIONS for _, case in example.mended):
        del item["relations"]  # an empty list would say that there are none
    if text.tokens != tokenize(text.text):
        item["tokens"] = [[token.start, token.end] for token in text.tokens]
    if example.by_text:
        item["by_text"] = True
    if example.ambiguous:
        item["ambiguous"] = example.ambiguous
    return item | lost_to_dict(example)


def lost_to_dict(example: Example) -> dict[str, Any]:
    """The key `lost` where an example has lost facts."""
    facts = [{"kind": fact.kind, "label": fact.label, "text": fact.text, "cause": fact.cause} for fact in example.lost]
    return {"lost": facts} if facts else {}

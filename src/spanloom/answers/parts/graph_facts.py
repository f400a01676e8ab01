"""The scores of graphs: which of their spans and relations are right, and other scores for them.

A graph is anything with `spans` and `relations`, as `answers.graph.Graph` has them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.facts import ENTITIES, RELATIONS, Rescale, ScoredFact, judges
from spanloom.core import Example
from spanloom.inputs import Relation, Span


def facts(example: Example, graph: Any) -> list[ScoredFact]:
    """The spans and relations that gold has, ends and labels too, are right; where gold was given as text those whose
    text it has. What the data set of an example does not judge is left aside.
    """

    def name(span: Span) -> Hashable:
        return example.input.surface(span) if example.by_text else span

    def said(relation: Relation) -> Hashable:
        return name(relation.head), relation.label, name(relation.tail)

    names = set(map(name, example.gold.spans)) if example.gold is not None else set()
    related = set(map(said, example.gold.relations)) if example.gold is not None else set()
    entities = [
        ScoredFact(ENTITIES, span.label, span.score, name(span) in names)
        for span in graph.spans
        if span.score is not None and judges(example.covered, span.label)
    ]
    relations = [
        ScoredFact(RELATIONS, item.label, item.score, said(item) in related)
        for item in graph.relations
        if item.score is not None
    ]
    return [*entities, *relations]


def rescaled(graph: Any, rescale: Rescale) -> Any:
    """The same graph with other scores, also of the spans that relations join."""
    spans = {span: _scaled(span, rescale) for span in graph.spans}
    relations = (replace(item, head=spans[item.head], tail=spans[item.tail]) for item in graph.relations)
    scored = (
        item if item.score is None else replace(item, score=rescale(RELATIONS, item.label, item.score))
        for item in relations
    )
    return replace(graph, spans=tuple(spans[span] for span in graph.spans), relations=tuple(scored))


def _scaled(span: Span, rescale: Rescale) -> Span:
    return span if span.score is None else replace(span, score=rescale(ENTITIES, span.label, span.score))

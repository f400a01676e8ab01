"""Graphs of several data sets: the labels that they have, other names for them, and what each can judge of an answer.

A graph is anything with `spans` and `relations`, as `answers.graph.Graph` has them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.kind import Naming
from spanloom.core import SOME, Coverage
from spanloom.inputs import Relation, Span


def labels(gold: Any) -> tuple[set[str], set[str]]:
    return {span.label for span in gold.spans} - {SOME}, {relation.label for relation in gold.relations}


def renamed(gold: Any, naming: Naming) -> Any:
    """Names that are dropped take their relations along. A name stays `SOME` if its relations disagree on its kind."""
    relations = []
    kinds: dict[Span, set[str]] = defaultdict(set)
    for relation in gold.relations:
        name, turned = naming.relation(relation.label)
        head, tail = (relation.tail, relation.head) if turned else (relation.head, relation.tail)
        if name and naming.entity(head.label) and naming.entity(tail.label):
            relations.append(Relation(head, tail, name))
            for span, kind in zip((head, tail), naming.arguments.get(name, ()), strict=False):
                kinds[span].add(kind)
    spans = {}
    for span in gold.spans:
        label = naming.entity(span.label)
        if label == SOME and len(kinds[span]) == 1:
            (label,) = kinds[span]
        if label:
            spans[span] = replace(span, label=label)
    found = (replace(item, head=spans[item.head], tail=spans[item.tail]) for item in relations)
    return replace(gold, spans=tuple(dict.fromkeys(spans.values())), relations=tuple(dict.fromkeys(found)))


def judged(graph: Any, gold: Any, coverage: Coverage) -> Any:
    """Spans of labels and relations that are annotated, and the ends of these; a name of some kind in gold has that."""
    some = {(span.start, span.end) for span in gold.spans if span.label == SOME}
    spans = {span: replace(span, label=SOME) if (span.start, span.end) in some else span for span in graph.spans}
    relations = [
        replace(item, head=spans[item.head], tail=spans[item.tail])
        for item in graph.relations
        if item.label in coverage.relations
    ]
    ends = {span for item in relations for span in (item.head, item.tail)}
    kept = (
        span
        for span in spans.values()
        if span in ends or (not coverage.related_only and (span.label == SOME or span.label in coverage.entities))
    )
    return replace(graph, spans=tuple(dict.fromkeys(kept)), relations=tuple(relations))

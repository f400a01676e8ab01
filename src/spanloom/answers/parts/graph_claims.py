"""What a graph says: its spans, and the relations between them by where these stand.

A graph is anything with `spans` and `relations`, as `answers.graph.Graph` has them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.claims import overlap, span_at
from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.core import Claim
from spanloom.inputs import Relation, Span


def of_span(span: Span, kind: str = ENTITIES) -> Claim:
    return Claim(kind, span.label, (span.start, span.end))


def of_relation(relation: Relation) -> Claim:
    head, tail = relation.head, relation.tail
    return Claim(RELATIONS, relation.label, (head.start, head.end, tail.start, tail.end))


def claims_of(graph: Any) -> list[Claim]:
    return list(dict.fromkeys([*map(of_span, graph.spans), *map(of_relation, graph.relations)]))


def amended(graph: Any, gone: Collection[Claim], come: Sequence[Claim]) -> Any:
    """See `Claims`."""
    here = {of_span(span) for span in graph.spans}
    new = [span_at(claim.at, claim.label) for claim in come if claim.kind == ENTITIES and claim not in here]
    kept: list[Span] = [span for span in graph.spans if of_span(span) not in gone]
    moved = {span: _in_place_of(span, new) for span in graph.spans} | {span: span for span in kept}
    spans: list[Span] = sorted(dict.fromkeys([*kept, *new]), key=lambda span: (span.start, span.end, span.label))
    relations = [
        replace(relation, head=head, tail=tail)
        for relation in graph.relations
        if of_relation(relation) not in gone
        and (head := moved[relation.head]) is not None
        and (tail := moved[relation.tail]) is not None
    ]
    at = {(span.start, span.end): span for span in reversed(spans)}  # of those at one place the first
    for claim in come:
        if claim.kind == RELATIONS and claim.head in at and claim.tail in at:
            relations.append(Relation(at[claim.head], at[claim.tail], claim.label))
    return replace(graph, spans=tuple(spans), relations=tuple(dict.fromkeys(relations)))


def _in_place_of(span: Span, new: Sequence[Span]) -> Span | None:
    """The span that comes where this one goes: at the same place, of the same label over it, or else over it."""

    def nearness(other: Span) -> tuple[bool, bool]:
        return (other.start, other.end) != (span.start, span.end), other.label != span.label

    over = [other for other in new if overlap((other.start, other.end), (span.start, span.end))]
    return min(over, key=nearness, default=None)

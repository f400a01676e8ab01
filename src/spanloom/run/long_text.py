"""Texts longer than a model's limit: cut into overlapping windows, predicted window by window, and merged again.

Nothing is dropped in silence: every token stands in at least one window. A relation between spans farther apart than a
window cannot be found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from spanloom.core import Graph, Relation, Span, Text
from spanloom.text.windows import sentence_ends, windows

OVERLAP = 0.25
"""How much of a window its neighbour repeats."""

Window = tuple[int, int]


def cut(text: Text, max_words: int) -> list[Window]:
    """The windows of a text, in tokens: one that holds everything if the text is short enough, none if it is empty."""
    if len(text.tokens) <= max_words:
        return windows(len(text.tokens), max_words, 0)
    return windows(len(text.tokens), max_words, int(max_words * OVERLAP), sentence_ends(text))


def part(text: Text, window: Window) -> Text:
    """The tokens of one window, still pointing into the whole text."""
    start, end = window
    return dataclasses.replace(text, tokens=text.tokens[start:end])


def merge(graphs: Sequence[Graph], places: Sequence[Window]) -> Graph:
    """One graph, in the tokens of the whole text, from one graph a window, in the tokens of that window.

    A fact that several windows found is kept once, with its best score. A span at an inner edge of its window may be a
    piece of a longer one, so that another window that sees beyond that edge decides: where it did not find the same
    span, the span goes, and its relations with it.
    """
    if len(graphs) == 1 and places[0][0] == 0:
        return graphs[0]
    shifted = [_shifted(graph, start) for graph, (start, _) in zip(graphs, places, strict=True)]
    found = [set(graph.spans) for graph in shifted]
    spans: dict[Span, Span] = {}
    relations: dict[Relation, Relation] = {}
    for number, graph in enumerate(shifted):
        trusted = {span for span in graph.spans if _holds(span, number, places, found)}
        for span in trusted:
            _keep_best(spans, span)
        for relation in graph.relations:
            if relation.head in trusted and relation.tail in trusted:
                _keep_best(relations, relation)
    merged = [
        dataclasses.replace(relation, head=spans[relation.head], tail=spans[relation.tail])
        for relation in sorted(relations.values(), key=_relation_order)
    ]
    return Graph(tuple(sorted(spans.values(), key=_span_order)), tuple(merged))


def _shifted(graph: Graph, by: int) -> Graph:
    def moved(span: Span) -> Span:
        return dataclasses.replace(span, start=span.start + by, end=span.end + by)

    relations = (dataclasses.replace(item, head=moved(item.head), tail=moved(item.tail)) for item in graph.relations)
    return Graph(tuple(map(moved, graph.spans)), tuple(relations))


def _holds(span: Span, number: int, places: Sequence[Window], found: Sequence[set[Span]]) -> bool:
    """Is this span of window `number` to be believed? One at an inner edge is, unless a wider view denies it."""
    start, end = places[number]
    last = places[-1][1]
    if not ((span.start == start and start > 0) or (span.end == end and end < last)):
        return True
    wider = [
        other
        for other, (low, high) in enumerate(places)
        if other != number
        and (low < span.start or low == span.start == 0)
        and (span.end < high or span.end == high == last)
    ]
    return not wider or any(span in found[other] for other in wider)


def _keep_best(kept: dict[Any, Any], item: Any) -> None:
    before = kept.get(item)
    if before is None or (item.score or 0.0) > (before.score or 0.0):
        kept[item] = item


def _span_order(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _relation_order(relation: Relation) -> tuple[Any, ...]:
    return *_span_order(relation.head), *_span_order(relation.tail), relation.label

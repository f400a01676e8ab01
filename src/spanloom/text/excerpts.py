"""Long training examples as several shorter ones, each with the part of the gold that stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spanloom.core import Example, Graph, LostFact, Relation, Span, Tags, Text
from spanloom.text.tags import is_bio2, spans_from_tags
from spanloom.text.windows import Window, cut, part

CAUSE = "whole in no window"


def excerpts(example: Example, max_words: int) -> list[Example]:
    """The windows of an example as examples of their own, in order; the example alone where it is short enough.

    A span of a `Graph` that an edge cuts is left out of that window, and its relations are; of a span in `Tags` the
    rest stays, as a token in it is not outside. What no window holds whole, and what the example had lost before, is
    lost by the first.
    """
    text: Text = example.input
    if len(text.tokens) <= max_words:
        return [example]
    gold: Graph | Tags = example.gold or Graph()
    windows = cut(text, max_words)
    parts = [
        replace(
            example, input=part(text, window), gold=_within(gold, window), ambiguous=0, lost=(), mended=(), origin=text
        )
        for window in windows
    ]
    lost = (*example.lost, *_in_none(text, gold, windows))
    parts[0] = replace(parts[0], ambiguous=example.ambiguous, lost=lost, mended=example.mended)
    return parts


def _within(gold: Graph | Tags, window: Window) -> Graph | Tags:
    """What stands in a window, in its tokens."""
    start, end = window
    if isinstance(gold, Tags):
        labels = list(gold.labels[start:end])
        if is_bio2(gold.labels) and labels[0].startswith("I-"):
            labels[0] = f"B{labels[0][1:]}"
        return Tags(tuple(labels))

    def moved(span: Span) -> Span:
        return replace(span, start=span.start - start, end=span.end - start)

    relations = (item for item in gold.relations if _holds(window, item.head) and _holds(window, item.tail))
    return Graph(
        tuple(moved(span) for span in gold.spans if _holds(window, span)),
        tuple(replace(item, head=moved(item.head), tail=moved(item.tail)) for item in relations),
    )


def _in_none(text: Text, gold: Graph | Tags, windows: Sequence[Window]) -> list[LostFact]:
    """The facts that no window holds whole, each once."""
    spans: Sequence[Span]
    relations: Sequence[Relation]
    if isinstance(gold, Tags):
        spans, relations = spans_from_tags(gold.labels, "bio2") if is_bio2(gold.labels) else (), ()
    else:
        spans, relations = gold.spans, gold.relations
    lost = [
        LostFact("entity", span.label, text.surface(span), CAUSE)
        for span in dict.fromkeys(spans)
        if not any(_holds(window, span) for window in windows)
    ]
    lost += [
        LostFact("relation", item.label, text.describe(item), CAUSE)
        for item in dict.fromkeys(relations)
        if not any(_holds(window, item.head) and _holds(window, item.tail) for window in windows)
    ]
    return lost


def _holds(window: Window, span: Span) -> bool:
    return window[0] <= span.start and span.end <= window[1]

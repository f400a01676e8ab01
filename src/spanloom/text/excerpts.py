"""Long training examples as several shorter ones, each with the part of the gold that stands in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from spanloom.core import Example, Graph, LostFact, Relation, Span, Tags, Text
from spanloom.text.tags import is_bio2, spans_from_tags
from spanloom.text.windows import Window, cut, part

CAUSE = "whole in no window"

Fact = TypeVar("Fact", bound=Span | Relation)


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
    facts = _Facts(gold)
    windows = cut(text, max_words)
    parts = [
        replace(
            example,
            input=part(text, window),
            gold=_tags_within(gold, facts.bio2, window) if isinstance(gold, Tags) else _graph_within(facts, window),
            ambiguous=0,
            lost=(),
            mended=(),
            origin=text,
        )
        for window in windows
    ]
    lost = (*example.lost, *_in_none(text, facts, windows))
    parts[0] = replace(parts[0], ambiguous=example.ambiguous, lost=lost, mended=example.mended)
    return parts


class _Facts:
    """The spans and relations of an answer, found by their place: a window looks at what begins in it, not at all."""

    def __init__(self, gold: Graph | Tags) -> None:
        self.bio2 = isinstance(gold, Tags) and is_bio2(gold.labels)
        spans: Sequence[Span] = spans_from_tags(gold.labels, "bio2") if isinstance(gold, Tags) and self.bio2 else ()
        self.spans = _Placed[Span](spans if isinstance(gold, Tags) else gold.spans)
        self.relations = _Placed[Relation](() if isinstance(gold, Tags) else gold.relations)


class _Placed(Generic[Fact]):
    """Facts in their own order, and their numbers in the order of the text."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self._reach = [_reach(fact) for fact in facts]
        self._order = sorted(range(len(facts)), key=lambda number: self._reach[number][0])
        self._starts = [self._reach[number][0] for number in self._order]

    def within(self, window: Window) -> list[int]:
        """The numbers of the facts that a window holds whole, in their own order."""
        begun = self._order[bisect_left(self._starts, window[0]) : bisect_left(self._starts, window[1])]
        return sorted(number for number in begun if self._reach[number][1] <= window[1])

    def in_none(self, windows: Sequence[Window]) -> list[Fact]:
        """The facts that no window holds whole, each once."""
        held = {self.facts[number] for window in windows for number in self.within(window)}
        return [fact for fact in dict.fromkeys(self.facts) if fact not in held]


def _reach(fact: Span | Relation) -> Window:
    """From the first word of a fact to behind its last."""
    if isinstance(fact, Span):
        return fact.start, fact.end
    return min(fact.head.start, fact.tail.start), max(fact.head.end, fact.tail.end)


def _tags_within(gold: Tags, bio2: bool, window: Window) -> Tags:
    """The labels of a window's tokens."""
    labels = list(gold.labels[window[0] : window[1]])
    if bio2 and labels[0].startswith("I-"):
        labels[0] = f"B{labels[0][1:]}"
    return Tags(tuple(labels))


def _graph_within(facts: _Facts, window: Window) -> Graph:
    """What stands in a window, in its tokens."""
    start = window[0]

    def moved(span: Span) -> Span:
        return replace(span, start=span.start - start, end=span.end - start)

    relations = (facts.relations.facts[number] for number in facts.relations.within(window))
    return Graph(
        tuple(moved(facts.spans.facts[number]) for number in facts.spans.within(window)),
        tuple(replace(item, head=moved(item.head), tail=moved(item.tail)) for item in relations),
    )


def _in_none(text: Text, facts: _Facts, windows: Sequence[Window]) -> list[LostFact]:
    """The facts that no window holds whole, each once."""
    lost = [LostFact("entity", span.label, text.surface(span), CAUSE) for span in facts.spans.in_none(windows)]
    found = facts.relations.in_none(windows)
    return lost + [LostFact("relation", item.label, text.describe(item), CAUSE) for item in found]

"""Places in a text: where its windows stand, which of them see a token, and spans that move. T tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Generic, TypeVar

from spanloom.inputs import Relation, Span
from spanloom.text.windows import Window

CAUSE = "whole in no window"
"""Why a window of a training text lost a fact."""

Fact = TypeVar("Fact", bound=Span | Relation)


class Placed(Generic[Fact]):
    """Facts in their own order, found by their place: a window looks at what begins in it, not at all."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self._reach = [reach(fact) for fact in facts]
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


def reach(fact: Span | Relation) -> Window:
    """From the first word of a fact to behind its last."""
    if isinstance(fact, Span):
        return fact.start, fact.end
    return min(fact.head.start, fact.tail.start), max(fact.head.end, fact.tail.end)


def seeing(places: Sequence[Window]) -> list[list[int]]:
    """For each token of the text, the windows that it stands in."""
    found: list[list[int]] = [[] for _ in range(places[-1][1] if places else 0)]
    for number, (start, end) in enumerate(places):
        for position in range(start, end):
            found[position].append(number)
    return found

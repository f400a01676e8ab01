"""What an answer says, statement by statement: what a queue lists, a person decides on, and a merge applies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, NamedTuple

from spanloom.core import Claim, Example, Place
from spanloom.inputs import Span


class Claims(NamedTuple):
    """How the statements of an answer are had, and how others are made of it.

    of       answer -> its statements, each once, in its own order
    amended  (answer, statements that go, statements that come) -> the answer that says so. What comes takes the place
             of what it cannot stand beside, and a relation follows the span that comes in place of its head or tail;
             where none does, it goes with it. A relation that comes and has no span at an end of it is left out
    """

    of: Callable[[Any], Sequence[Claim]]
    amended: Callable[[Any, Collection[Claim], Sequence[Claim]], Any]


def span_at(place: Place, label: str = "") -> Span:
    """The span at the place of a statement."""
    return Span(place[0], place[1], label)


def overlap(one: Place, other: Place) -> bool:
    """Whether two spans share a token."""
    return one[0] < other[1] and other[0] < one[1]


def clash(one: Claim, other: Claim) -> bool:
    """Whether two statements of a kind are about the same place: spans that share a token, else the very same."""
    if len(one.at) == len(other.at) == 2:
        return overlap(one.at, other.at)
    return one.at == other.at


def key_of(example: Example) -> Callable[[Claim], Hashable]:
    """What two statements of an example share that say the same: where facts were given as text, that text."""
    if not example.by_text:
        return lambda claim: claim
    text = example.input

    def said(claim: Claim) -> Hashable:
        ends = [end for end in (claim.head, claim.tail) if end]
        return claim.kind, claim.label, tuple(text.surface(span_at(end)) for end in ends)

    return said

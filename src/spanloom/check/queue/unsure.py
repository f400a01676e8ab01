"""Which unannotated texts are worth annotating first: those of which a model is least sure, and which are not alike."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from spanloom.answers.parts.claims import clash
from spanloom.check.near import Chosen
from spanloom.core import Beliefs, Claim, Example

UNSURE = "unsure"
LIKELY = 0.5


class Unsure(NamedTuple):
    """number: of the example. errors: how many statements of the model's answer would be wrong or missing, as far as
    it knows itself. claims: that answer, each statement with how likely it is.
    """

    number: int
    errors: float
    claims: dict[Claim, float]


def doubts(number: int, beliefs: Beliefs, exclusive: frozenset[str]) -> Unsure:
    """What a model doubts of an example: of each statement it is wrong with its smaller chance, said or not."""
    errors = sum(min(sure, 1 - sure) for sure in beliefs.values())
    return Unsure(number, errors, answer_of(beliefs, exclusive))


def answer_of(beliefs: Beliefs, exclusive: frozenset[str]) -> dict[Claim, float]:
    """The statements that are more likely than not, of those that compete for a place the likeliest."""
    kept: dict[Claim, float] = {}
    for claim, sure in sorted(beliefs.items(), key=lambda pair: -pair[1]):
        rivals = (other for other in kept if other.kind == claim.kind)
        if sure >= LIKELY and not (claim.kind in exclusive and any(clash(claim, other) for other in rivals)):
            kept[claim] = sure
    return kept


def most_unsure(found: Sequence[Unsure], examples: Sequence[Example]) -> list[Unsure]:
    """The same in the order to annotate them in: each counts for as much as it is not like one before it.

    Greedy, and lazy, as what a text counts for only ever falls (Minoux 1978).
    """
    chosen, order = Chosen(), list[Unsure]()
    heap = [(-each.errors, place, 0) for place, each in enumerate(found)]
    heapq.heapify(heap)
    while heap:
        _, place, seen = heapq.heappop(heap)
        each = found[place]
        item = examples[each.number].input
        if seen < len(order):
            heapq.heappush(heap, (-each.errors * (1 - chosen.alike(item)), place, len(order)))
            continue
        chosen.add(item)
        order.append(each)
    return order

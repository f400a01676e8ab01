"""From what is believed of an example to what looks wrong in its annotation.

suspect    annotated, and believed to be something else, or nothing
boundary   annotated, and believed to begin or end elsewhere
direction  a relation, believed to hold the other way round
missing    not annotated, and believed to be true
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import clash, key_of, overlap
from spanloom.core import SOME, Beliefs, Claim, Example

SUSPECT, BOUNDARY, DIRECTION, MISSING = "suspect", "boundary", "direction", "missing"

LEAST = 0.05
"""Something is believed in place of an annotation where it is likelier than that, and at least so likely."""


class Finding(NamedTuple):
    """number: of the example. annotated: what it says; believed: what should be said in its place; None for nothing.

    sure, likely: how likely each of the two is held to be. score: how much speaks for an error, as log odds.
    """

    number: int
    issue: str
    annotated: Claim | None
    believed: Claim | None
    sure: float
    likely: float
    score: float = 0.0

    @property
    def about(self) -> Claim:
        """What it is about: the annotation, or else what is missing."""
        claim = self.annotated or self.believed
        assert claim is not None, "a finding is about something"
        return claim


def exclusive_kinds(examples: Iterable[Example]) -> frozenset[str]:
    """The kinds of statements of which no two in all the gold are about the same place, so that they compete for it."""
    kinds: set[str] = set()
    shared: set[str] = set()
    for example in examples:
        by_kind: dict[str, list[Claim]] = {}
        for claim in said(example):
            by_kind.setdefault(claim.kind, []).append(claim)
        for kind, claims in by_kind.items():
            kinds.add(kind)
            if kind not in shared and any(
                clash(one, two) for place, one in enumerate(claims) for two in claims[:place]
            ):
                shared.add(kind)
    return frozenset(kinds - shared)


def said(example: Example) -> Sequence[Claim]:
    """What the gold of an example says, but for names of which it does not say what kind they are."""
    claims = kind_of(example.gold).claims
    return (
        [] if example.gold is None or claims is None else [own for own in claims.of(example.gold) if own.label != SOME]
    )


def findings(number: int, example: Example, beliefs: Beliefs, exclusive: Collection[str]) -> list[Finding]:
    """One finding for each annotation whose label the model knows, and one for each place without one that may need it.

    exclusive: kinds of statements that compete for their place, see `exclusive_kinds`.
    """
    key = key_of(example)
    gold = list(said(example))
    keys = set(map(key, gold))
    sure = {claim: max(_of_its_key(claim, key, beliefs), default=None) for claim in gold}
    open_ones = {claim: likely for claim, likely in beliefs.items() if key(claim) not in keys}
    found: list[Finding] = []
    taken: set[Claim] = set()
    known = sorted((each for each in gold if sure[each] is not None), key=lambda claim: sure[claim] or 0.0)
    for claim in known:
        own = sure[claim] or 0.0
        rivals = [other for other in open_ones if other not in taken and related(claim, other)]
        best = max(rivals, key=lambda other: open_ones[other], default=None)
        if best is None or open_ones[best] <= max(own, LEAST):
            found.append(Finding(number, SUSPECT, claim, None, own, 0.0 if best is None else open_ones[best]))
        else:
            taken.add(best)
            found.append(Finding(number, issue_of(claim, best), claim, best, own, open_ones[best]))
    kept: list[Claim] = []
    for claim in sorted(open_ones, key=lambda other: -open_ones[other]):
        competing = [*gold, *kept] if claim.kind in exclusive else kept if len(claim.at) == 2 else []
        same = (other for other in competing if other.kind == claim.kind)
        if claim not in taken and not any(clash(claim, other) for other in same):
            kept.append(claim)
            found.append(Finding(number, MISSING, None, claim, 0.0, open_ones[claim]))
    return found


def _of_its_key(claim: Claim, key, beliefs: Beliefs) -> Iterable[float]:
    return (sure for other, sure in beliefs.items() if key(other) == key(claim))


def related(claim: Claim, other: Claim) -> bool:
    """Whether one may have been meant where the other is annotated."""
    if claim.kind != other.kind:
        return False
    if len(claim.at) < 4:
        return clash(claim, other) or not claim.at
    if {claim.head, claim.tail} == {other.head, other.tail}:
        return True
    return claim.label == other.label and _near(claim, other)


def _near(claim: Claim, other: Claim) -> bool:
    """Whether two relations have an end in common, at least in part."""
    return overlap(claim.head, other.head) or overlap(claim.tail, other.tail)


def issue_of(claim: Claim, other: Claim) -> str:
    """What it is called that one is annotated and the other believed."""
    if len(claim.at) == 2 and claim.label == other.label:
        return BOUNDARY
    if len(claim.at) == 4 and claim.label == other.label:
        if (claim.head, claim.tail) == (other.tail, other.head):
            return DIRECTION
        if overlap(claim.head, other.head) and overlap(claim.tail, other.tail):
            return BOUNDARY
    return SUSPECT

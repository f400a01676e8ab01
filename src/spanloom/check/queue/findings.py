"""From what is believed of an example to what looks wrong in its annotation.

suspect    annotated, and believed to be something else, or nothing
boundary   annotated, and believed to begin or end elsewhere
direction  a relation, believed to hold the other way round
missing    not annotated, and believed to be true
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import NamedTuple

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import clash, key_of, overlap
from spanloom.core import SOME, Beliefs, Claim, Example

SUSPECT, BOUNDARY, DIRECTION, MISSING = "suspect", "boundary", "direction", "missing"

LEAST = 0.05
"""Something is believed in place of an annotation where it is likelier than that, and at least so likely."""

EVEN = 0.5
"""An annotation that is likelier than that has no rival but what it competes with for its place."""


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
    gold = said(example)
    keys = set(map(key, gold))
    by_key: dict[Hashable, float] = {}
    for claim, likely in beliefs.items():
        by_key[key(claim)] = max(likely, by_key.get(key(claim), 0.0))
    sure = {claim: by_key[key(claim)] for claim in gold if key(claim) in by_key}
    likely_ones = {claim: likely for claim, likely in beliefs.items() if key(claim) not in keys}
    found: list[Finding] = []
    for claim in sorted(sure, key=lambda each: sure[each]):
        best = _rival(claim, sure[claim], likely_ones, exclusive)
        likely = 0.0 if best is None else likely_ones[best]
        if best is None or likely <= max(sure[claim], LEAST):
            found.append(Finding(number, SUSPECT, claim, None, sure[claim], likely))
        else:
            del likely_ones[best]  # it is missing here, and nowhere else
            found.append(Finding(number, issue_of(claim, best), claim, best, sure[claim], likely))
    held = list(gold)
    for claim in sorted(likely_ones, key=lambda other: -likely_ones[other]):
        if not any(competing(claim, other, exclusive) or _same_with_other_ends(claim, other) for other in held):
            held.append(claim)
            found.append(Finding(number, MISSING, None, claim, 0.0, likely_ones[claim]))
    return found


def _rival(claim: Claim, sure: float, likely: Beliefs, exclusive: Collection[str]) -> Claim | None:
    """The likeliest of what may have been meant; of an annotation that is believed, of what it competes with."""
    rivals = (other for other in likely if related(claim, other))
    among = (other for other in rivals if sure < EVEN or competing(claim, other, exclusive))
    return max(among, key=lambda other: likely[other], default=None)


def competing(claim: Claim, other: Claim, exclusive: Collection[str]) -> bool:
    """Whether only one of two statements can be true."""
    return claim.kind == other.kind and claim.kind in exclusive and clash(claim, other)


def related(claim: Claim, other: Claim) -> bool:
    """Whether one may have been meant where the other is annotated."""
    if claim.kind != other.kind:
        return False
    if len(claim.at) < 4:
        return clash(claim, other) or not claim.at
    if {claim.head, claim.tail} == {other.head, other.tail}:
        return True
    return claim.label == other.label and _near(claim, other)


def _same_with_other_ends(claim: Claim, other: Claim) -> bool:
    """Whether two relations say the same of names of which one has more words."""
    return (
        len(claim.at) == 4
        and (claim.kind, claim.label) == (other.kind, other.label)
        and overlap(claim.head, other.head)
        and overlap(claim.tail, other.tail)
    )


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
        if _same_with_other_ends(claim, other):
            return BOUNDARY
    return SUSPECT

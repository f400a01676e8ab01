"""Errors planted in good annotations: they are known, so that a queue can be judged by how early it lists them.

Pure functions of the data and a seed. A twentieth of the statements of a kind becomes wrong, another twentieth goes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from spanloom.answers import kind_of
from spanloom.answers.parts.claims import overlap
from spanloom.answers.parts.facts import ENTITIES, RELATIONS
from spanloom.core import Claim, Example
from spanloom.decode.believed import claims_of

SHARE = 0.05


@dataclass(frozen=True)
class Planted:
    """An error in the example of this number. wrong: what it says now; None where it says nothing. right: what it said.

    how: "label", "boundary", "direction", "argument" or "missing".
    """

    number: int
    how: str
    wrong: Claim | None
    right: Claim


Change = Callable[[random.Random, Claim, Example, Mapping[str, Sequence[str]]], Claim | None]


def planted(
    examples: Sequence[Example], kind: str, seed: int, orphans: bool = True
) -> tuple[list[Example], list[Planted]]:
    """The examples with errors in their statements of a kind, and the errors, none of which touches another.

    orphans: whether a span stays annotated that was in no other relation than one that goes.
    """
    draw, dirty, errors = random.Random(seed), list(examples), list[Planted]()
    pool = [(number, claim) for number, own in enumerate(examples) for claim in claims_of(own) if claim.kind == kind]
    labels = {kind: sorted({claim.label for _, claim in pool})}
    draw.shuffle(pool)
    count, ways = round(SHARE * len(pool)), WAYS[kind]
    for number, claim in pool:
        if len(errors) == 2 * count:
            break
        how = "missing" if len(errors) < count else ways[len(errors) % len(ways)]
        wrong = None if how == "missing" else CHANGES[how](draw, claim, dirty[number], labels)
        if how != "missing" and wrong is None:
            continue
        before = {own for own in claims_of(dirty[number]) if own.kind == kind}
        if claim not in before or wrong in claims_of(examples[number]):
            continue
        changed = _changed(dirty[number], claim, wrong, orphans)
        if {own for own in claims_of(changed) if own.kind == kind} == before - {claim} | ({wrong} - {None}):
            dirty[number] = changed
            errors.append(Planted(number, how, wrong, claim))
    return dirty, errors


def with_errors(examples: Sequence[Example], errors: Sequence[Planted], orphans: bool = True) -> list[Example]:
    """The examples with these of the errors that `planted` made, in its order: mended are the others."""
    dirty = list(examples)
    for error in errors:
        dirty[error.number] = _changed(dirty[error.number], error.right, error.wrong, orphans)
    return dirty


def _changed(example: Example, claim: Claim, wrong: Claim | None, orphans: bool) -> Example:
    """The example with a statement that says something else, or nothing."""
    amend = kind_of(example.gold).claims
    assert amend is not None, "gold that says statements"
    gone = {claim}
    if wrong is None and not orphans:
        others = [own for own in claims_of(example) if own.kind == RELATIONS and own != claim]
        ends = {end for own in others for end in (own.head, own.tail)}
        lone = {claim.head, claim.tail} - ends
        gone |= {own for own in claims_of(example) if own.kind == ENTITIES and own.at in lone}
    return replace(example, gold=amend.amended(example.gold, gone, [] if wrong is None else [wrong]))


def _label(draw: random.Random, claim: Claim, example: Example, labels: Mapping[str, Sequence[str]]) -> Claim:
    return claim._replace(label=draw.choice([label for label in labels[claim.kind] if label != claim.label]))


def _boundary(draw: random.Random, claim: Claim, example: Example, labels: Mapping[str, Sequence[str]]) -> Claim | None:
    """One token more or one less on one side, without touching another span."""
    start, end = claim.at
    places = [(start - 1, end), (start, end + 1), *([(start + 1, end), (start, end - 1)] if end - start > 1 else [])]
    others = [own.at for own in claims_of(example) if own.kind == claim.kind and own != claim]
    words = len(example.input.tokens)
    free = [
        place
        for place in places
        if place[0] >= 0 and place[1] <= words and not any(overlap(place, other) for other in others)
    ]
    return claim._replace(at=draw.choice(free)) if free else None


def _direction(draw: random.Random, claim: Claim, example: Example, labels: Mapping[str, Sequence[str]]) -> Claim:
    return claim._replace(at=(*claim.tail, *claim.head))


def _argument(draw: random.Random, claim: Claim, example: Example, labels: Mapping[str, Sequence[str]]) -> Claim | None:
    """Another span of the sentence in place of the tail, or of the head."""
    spans = [own.at for own in claims_of(example) if own.kind == ENTITIES and own.at not in (claim.head, claim.tail)]
    if not spans:
        return None
    other = draw.choice(spans)
    return claim._replace(at=(*claim.head, *other) if draw.random() < 0.5 else (*other, *claim.tail))


WAYS = {ENTITIES: ("label", "boundary"), RELATIONS: ("label", "direction", "argument")}
CHANGES: Mapping[str, Change] = {
    "label": _label,
    "boundary": _boundary,
    "direction": _direction,
    "argument": _argument,
}

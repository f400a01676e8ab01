"""What went wrong: every wrong and every missed fact of a sentence, typed once.

A wrong fact is explained by a gold fact where one is near. It pairs with a missed one first, and the two are then one
mistake. So every wrong fact is the predicted side of exactly one mistake, and every missed gold fact is in one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from spanloom.core import Example, LostFact
from spanloom.inputs import Relation, Span, Text
from spanloom.metrics.matching import Match

MISSING, SPURIOUS = "missing", "spurious"
ENTITY_MISTAKES = ("boundary", "type", "boundary and type", MISSING, SPURIOUS)
TRIPLE_MISTAKES = ("boundary", "entity type", "relation label", "direction", MISSING, SPURIOUS)

F = TypeVar("F", Span, Relation)
Explains = Callable[[F, F], bool]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, readable. kind: "entities" or "triples". gold: None when spurious. predicted: None when missing."""

    kind: str
    type: str
    gold: str | None
    predicted: str | None


def entity_mistakes(match: Match[Span], text: Text) -> list[Mistake]:
    """Typed by the first that holds of a wrong span and a gold one.

    type: same boundaries, other type. boundary: overlaps, same type. boundary and type: overlaps, other type.
    """
    explanations: list[tuple[str, Explains[Span]]] = [
        ("type", lambda predicted, gold: _same_place(predicted, gold)),
        ("boundary", lambda predicted, gold: _overlap(predicted, gold) and predicted.label == gold.label),
        ("boundary and type", _overlap),
    ]
    return _typed("entities", match, explanations, lambda span: f"{_named(span, text)} at token {span.start}")


def triple_mistakes(match: Match[Relation], text: Text, by_text: bool) -> list[Mistake]:
    """Typed by the first that holds of a wrong triple and a gold one.

    entity type: all the same but an argument's type. direction: same relation, head and tail swapped. relation label:
    same pair, other relation. boundary: same relation, and each argument overlaps the gold one.
    """

    def same(a: Span, b: Span) -> bool:
        return text.surface(a) == text.surface(b) if by_text else _same_place(a, b)

    def near(a: Span, b: Span) -> bool:
        if _overlap(a, b):
            return True
        one, other = text.surface(a), text.surface(b)
        return by_text and (one in other or other in one)

    def pair(a: Relation, b: Relation) -> bool:
        return same(a.head, b.head) and same(a.tail, b.tail)

    explanations: list[tuple[str, Explains[Relation]]] = [
        ("entity type", lambda p, g: p.label == g.label and pair(p, g)),
        ("direction", lambda p, g: p.label == g.label and same(p.head, g.tail) and same(p.tail, g.head)),
        ("relation label", pair),
        ("boundary", lambda p, g: p.label == g.label and near(p.head, g.head) and near(p.tail, g.tail)),
    ]

    def readable(triple: Relation) -> str:
        head, tail = (text.surface(s) if by_text else _named(s, text) for s in (triple.head, triple.tail))
        return f"{head} -> {triple.label} -> {tail}"

    return _typed("triples", match, explanations, readable)


def lost_mistakes(lost: Sequence[LostFact]) -> list[Mistake]:
    """A gold fact that the reader could not place is missing whatever was predicted."""
    return [
        Mistake("entities" if fact.kind == "entity" else "triples", MISSING, f"{fact.text} ({fact.cause})", None)
        for fact in lost
    ]


def worst_sentences(
    examples: Sequence[Example], found: Sequence[Sequence[Mistake]], most: int = 20
) -> list[dict[str, Any]]:
    """The sentences with most mistakes, as plain values."""
    worst = sorted((-len(mistakes), index) for index, mistakes in enumerate(found) if mistakes)[:most]
    return [
        {
            "source": str(examples[index].source),
            "text": examples[index].input.text,
            "errors": [{"type": item.type, "gold": item.gold, "predicted": item.predicted} for item in found[index]],
        }
        for _, index in worst
    ]


def _typed(
    kind: str, match: Match[F], explanations: Sequence[tuple[str, Explains[F]]], readable: Callable[[F], str]
) -> list[Mistake]:
    wrong = [fact for fact, correct in zip(match.predicted, match.correct, strict=True) if not correct]
    missed = [fact for fact, found in zip(match.gold, match.found, strict=True) if not found]
    mistakes = []
    for name, explains in explanations:
        for fact in list(wrong):
            gold = next((gold for gold in missed if explains(fact, gold)), None)
            if gold is not None:
                mistakes.append(Mistake(kind, name, readable(gold), readable(fact)))
                wrong.remove(fact)
                missed.remove(gold)
    for (
        fact
    ) in wrong:  # no missed gold left to pair with: a gold fact found by, or paired with, another may still explain it
        near = next(
            ((name, gold) for name, explains in explanations for gold in match.gold if explains(fact, gold)), None
        )
        if near is None:
            mistakes.append(Mistake(kind, SPURIOUS, None, readable(fact)))
        else:
            mistakes.append(Mistake(kind, near[0], readable(near[1]), readable(fact)))
    return mistakes + [Mistake(kind, MISSING, readable(gold), None) for gold in missed]


def _overlap(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def _same_place(a: Span, b: Span) -> bool:
    return a.start == b.start and a.end == b.end


def _named(span: Span, text: Text) -> str:
    return f"{text.surface(span)} [{span.label}]"

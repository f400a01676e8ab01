"""Triples: what it means for two to be the same, how far apart their arguments stand, and how they share entities."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from spanloom.core import LostFact
from spanloom.inputs import Relation, Text
from spanloom.metrics.matching import Counts, Match, match_facts
from spanloom.metrics.spans import span_key, span_order

NORMAL, SAME_PAIR, SHARED_ENTITY = "normal", "same pair (EPO)", "shared entity (SEO)"


def relation_order(relation: Relation) -> tuple[Any, ...]:
    """A sort key: the head, the tail, then the label."""
    return span_order(relation.head), span_order(relation.tail), relation.label


def relation_key(relation: Relation, rule: str, text: Text | None = None) -> tuple[Hashable, ...]:
    """What must be equal for two relations to match under `rule`. With `text`, arguments are compared by their text."""
    return relation.label, span_key(relation.head, rule, text), span_key(relation.tail, rule, text)


def match_triples(
    gold: Iterable[Relation], predicted: Iterable[Relation], rule: str, text: Text | None = None
) -> Match[Relation]:
    """Pair predicted relations with gold relations, one to one, under a matching rule."""
    return match_facts(gold, predicted, rule, text, relation_key, relation_order)


def count_triples(gold: Iterable[Relation], predicted: Iterable[Relation], rule: str = "strict") -> Counts:
    """(true positives, predicted, gold) of one sentence; duplicates count once."""
    return match_triples(gold, predicted, rule).counts()


def distance(relation: Relation) -> int:
    """How many tokens stand between the two arguments; 0 when they touch or overlap."""
    head, tail = relation.head, relation.tail
    return max(0, max(head.start, tail.start) - min(head.end, tail.end))


def lost_pair(fact: LostFact) -> tuple[str, str] | None:
    """The two arguments of a lost triple, when its readable form is `head -> label -> tail`."""
    parts = fact.text.split(f" -> {fact.label} -> ")
    return (parts[0], parts[1]) if len(parts) == 2 else None


def sentence_kinds(pairs: Sequence[tuple[Hashable, Hashable]]) -> tuple[str, ...]:
    """The kinds of a sentence by its triples' (head, tail) pairs, one pair a triple.

    As CasRel's evaluation defines them (Wei et al. 2020): normal when no entity is used twice; EPO when an ordered pair
    carries two relations; SEO when, after merging equal pairs, an entity is used twice. A sentence may be both.
    """
    if not pairs:
        return ()
    if len({entity for pair in pairs for entity in pair}) == 2 * len(pairs):
        return (NORMAL,)
    different = set(pairs)
    kinds = []
    if len(different) != len(pairs):
        kinds.append(SAME_PAIR)
    if len({entity for pair in different for entity in pair}) != 2 * len(different):
        kinds.append(SHARED_ENTITY)
    return tuple(kinds)

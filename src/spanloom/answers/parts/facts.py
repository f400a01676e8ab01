"""The facts of an answer that have a score, each with whether gold has it too: what the scores are judged by."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from spanloom.core import Coverage

ENTITIES, RELATIONS, SLOTS, TOKENS, CLASSES, INTENTS = "entities", "relations", "slots", "tokens", "classes", "intents"
"""The kinds of facts. A kind is scaled by itself: an entity and a relation may have a label of the same name."""


class ScoredFact(NamedTuple):
    """What kind of fact it is, its label, its score in 0..1, and whether it is right: in gold, with this label."""

    kind: str
    label: str
    score: float
    right: bool


Rescale = Callable[[str, str, float], float]
"""(kind, label, score) -> another score; of one label a larger one where that was larger."""


def judges(coverage: Coverage | None, label: str) -> bool:
    """Whether a data set can say of a name with this label that it is wrong, wherever that stands.

    Not of a label that it does not annotate, and of none where it marks those names alone that stand in a relation:
    a predicted name beside them counts for nothing, so that the others are right too often.
    """
    return coverage is None or (label in coverage.entities and not coverage.related_only)

"""The encodability audit: what a scheme cannot express of the gold, found by encoding it and decoding it again.

A model that predicts a scheme's tags or tables without a fault still scores no more than
`decode(perfect(encode(gold)))` scores against the gold. That ceiling, and every fact that is lost below it, is what an
audit gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spanloom.core import Codec, Example, LostFact, Row

EXAMPLES_A_CAUSE = 5
UNEXPLAINED = "not given back"


@dataclass
class Tally:
    """Counts of one kind of fact: in the gold, given back by decoding, and both."""

    gold: int = 0
    decoded: int = 0
    both: int = 0

    def add(self, gold: set[Any], decoded: set[Any], lost: int) -> None:
        self.gold += len(gold) + lost
        self.decoded += len(decoded)
        self.both += len(gold & decoded)

    def table(self) -> dict[str, float]:
        precision = self.both / self.decoded if self.decoded else 1.0
        recall = self.both / self.gold if self.gold else 1.0
        total = precision + recall
        return {
            "gold": self.gold,
            "decoded": self.decoded,
            "correct": self.both,
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / total if total else 0.0,
        }


@dataclass
class Ledger:
    """Lost facts by kind and cause, with their labels, and the first few of each and where they stand."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    labels: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)

    def add(self, fact: LostFact, example: Example) -> None:
        key = fact.kind, fact.cause
        self.counts[key] += 1
        self.labels.setdefault(key, Counter())[fact.label] += 1
        shown = self.examples.setdefault(key, [])
        if len(shown) < EXAMPLES_A_CAUSE:
            shown.append({"source": str(example.source), "fact": fact.text})

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind,
                "cause": cause,
                "count": count,
                "labels": dict(self.labels[kind, cause].most_common()),
                "examples": self.examples[kind, cause],
            }
            for (kind, cause), count in self.counts.most_common()
        ]


def audit(examples: Sequence[Example], codecs: Mapping[str, Codec]) -> dict[str, Any]:
    """For each scheme: oracle precision, recall and F1 of entities and relations, and a ledger of what is lost.

    examples have gold graphs; codecs, by scheme name, were fitted on these same examples, so that nothing is lost for
    being unknown. `spurious` counts facts that decoding adds to the gold. Facts are compared by position and label;
    what the reader could not place counts as gold that no scheme gives back.
    """
    return {name: _audit_one(examples, codec) for name, codec in codecs.items()}


def _audit_one(examples: Sequence[Example], codec: Codec) -> dict[str, Any]:
    tallies = {"entity": Tally(), "relation": Tally()}
    ledger, spurious = Ledger(), Ledger()
    for example in examples:
        row = codec.encode(example)
        (decoded,) = codec.decode(codec.perfect(batch := codec.collate([row])), batch)
        for kind, facts in (("entity", _spans), ("relation", _relations)):
            gold, back = facts(example.gold), facts(decoded)
            tallies[kind].add(gold, back, sum(fact.kind == kind for fact in example.lost))
            for fact in back - gold:
                spurious.add(LostFact(kind, fact.label, _place(example, fact), "not in the gold"), example)
            _write_lost(ledger, kind, row, example, len(gold - back))
    return {
        "entities": tallies["entity"].table(),
        "relations": tallies["relation"].table(),
        "lost": ledger.rows(),
        "spurious": spurious.rows(),
    }


def _write_lost(ledger: Ledger, kind: str, row: Row, example: Example, missing: int) -> None:
    """Enter what `encode` declared; a fact that is missing without having been declared gets a line of its own."""
    declared = [fact for fact in row.lost if fact.kind == kind]
    for fact in declared:
        ledger.add(fact, example)
    located = len(declared) - sum(fact.kind == kind for fact in example.lost)
    for _ in range(missing - located):
        ledger.add(LostFact(kind, "", "", UNEXPLAINED), example)


def _spans(graph: Any) -> set[Any]:
    return set(graph.spans)


def _relations(graph: Any) -> set[Any]:
    return set(graph.relations)


def _place(example: Example, fact: Any) -> str:
    surface: Callable[[Any], str] = example.input.surface
    if hasattr(fact, "head"):
        return f"{surface(fact.head)} -> {fact.label} -> {surface(fact.tail)}"
    return f"{surface(fact)} ({fact.label})"

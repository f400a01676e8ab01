"""Pairing predicted facts with gold facts, and the scores that come of it. A fact is a span or a relation.

The matching rules, from lenient to strict:
- head word: the last token of a span stands for it; entity types are ignored.
- boundaries: exact boundaries; entity types are ignored.
- strict: exact boundaries and entity types (of both arguments, for a relation).
The label of a relation must be right under every rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from spanloom.core import Array
from spanloom.inputs import Relation, Span, Text

RULES = ("head word", "boundaries", "strict")

F = TypeVar("F", Span, Relation)
Key = tuple[Hashable, ...]
KeyFunction = Callable[[F, str, Text | None], Key]


class Counts(NamedTuple):
    """True positives, predicted facts, gold facts."""

    correct: int
    predicted: int
    gold: int


@dataclass(frozen=True, slots=True)
class Match(Generic[F]):
    """The distinct gold and predicted facts of a sentence, sorted; `found[i]` says whether `gold[i]` was predicted,
    `correct[j]` whether `predicted[j]` is in gold. As many are found as are correct: facts pair one to one.
    """

    gold: tuple[F, ...]
    predicted: tuple[F, ...]
    found: tuple[bool, ...]
    correct: tuple[bool, ...]

    def labels(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """(label, found) of each gold fact, and (label, correct) of each predicted one."""
        gold = [(fact.label, hit) for fact, hit in zip(self.gold, self.found, strict=True)]
        return gold, [(fact.label, hit) for fact, hit in zip(self.predicted, self.correct, strict=True)]

    def counts(self) -> Counts:
        return Counts(sum(self.correct), len(self.predicted), len(self.gold))


def match_facts(
    gold: Iterable[F],
    predicted: Iterable[F],
    rule: str,
    text: Text | None,
    key: KeyFunction[F],
    order: Callable[[F], Any],
) -> Match[F]:
    """Pair facts one to one under `rule`; a duplicate counts once, and the order of either side changes nothing.

    Without `text`, two facts are duplicates when they agree strictly, so no looser rule can shrink the gold. With
    `text`, facts are sets of texts: the same words elsewhere in the sentence are the same fact.
    """
    same = "boundaries" if text is not None and rule != "strict" else "strict"
    left = _distinct(gold, lambda fact: key(fact, same, text), order)
    right = _distinct(predicted, lambda fact: key(fact, same, text), order)
    found, correct = [False] * len(left), [False] * len(right)
    # Exact pairs first, so that a looser rule never takes a gold fact away from its own exact prediction.
    for step in dict.fromkeys((same, rule)):
        open_gold: dict[Key, list[int]] = defaultdict(list)
        for index, fact in enumerate(left):
            if not found[index]:
                open_gold[key(fact, step, text)].append(index)
        for index, fact in enumerate(right):
            waiting = None if correct[index] else open_gold.get(key(fact, step, text))
            if waiting:
                found[waiting.pop(0)] = correct[index] = True
    return Match(tuple(left), tuple(right), tuple(found), tuple(correct))


def _distinct(facts: Iterable[F], identity: Callable[[F], Key], order: Callable[[F], Any]) -> list[F]:
    kept: dict[Key, F] = {}
    for fact in sorted(facts, key=order):
        kept.setdefault(identity(fact), fact)
    return list(kept.values())


@dataclass(slots=True)
class Tally:
    """Counts of one bin. A gold fact and its prediction may fall in different bins, so each side keeps its own hits."""

    found: int = 0
    gold: int = 0
    correct: int = 0
    predicted: int = 0

    def add_gold(self, found: bool) -> None:
        self.gold += 1
        self.found += found

    def add_predicted(self, correct: bool) -> None:
        self.predicted += 1
        self.correct += correct

    def score(self) -> dict[str, float]:
        """Precision of the predicted facts in the bin, recall of the gold facts in it, their F1, and the counts."""
        precision = ratio(self.correct, self.predicted)
        recall = ratio(self.found, self.gold)
        return {
            "precision": precision,
            "recall": recall,
            "f1": harmonic(precision, recall),
            "correct": self.correct,
            "predicted": self.predicted,
            "found": self.found,
            "gold": self.gold,
        }


def binned(values: Sequence[int], counts: Array, edges: Sequence[int]) -> dict[str, dict[str, float]]:
    """Scores by the bin of each example's value: up to the first edge, from there to the second, and so on.

    counts [N, 3]: right, predicted and gold facts of each example. A bin without an example is left out.
    """
    lows = [0, *(edge + 1 for edge in edges)]
    names = [f"{low}" if low == high else f"{low}-{high}" for low, high in zip(lows, edges, strict=False)]
    place = np.searchsorted(edges, values)  # the first edge that is not below the value
    table = {}
    for number, name in enumerate([*names, f"{lows[-1]}+"]):
        inside = counts[place == number]
        if len(inside):
            table[name] = tallied(inside)
    return table


def tallied(counts: Array) -> dict[str, float]:
    """The score of counts [N, 3] of several examples."""
    correct, predicted, gold = (int(total) for total in counts.sum(axis=0))
    return Tally(found=correct, gold=gold, correct=correct, predicted=predicted).score()


def ratio(part: float, whole: float) -> float:
    """`part / whole`, and 0 where there is nothing to divide by."""
    return part / whole if whole else 0.0


def harmonic(precision: float, recall: float) -> float:
    """F1."""
    return ratio(2 * precision * recall, precision + recall)


def macro(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean over labels of precision, recall and F1; a label counts when it is in gold or was predicted."""
    counted = [score for score in scores if score["gold"] or score["predicted"]]
    return {name: ratio(sum(score[name] for score in counted), len(counted)) for name in ("precision", "recall", "f1")}

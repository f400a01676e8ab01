"""One row of a scorecard: counts of many examples as precision, recall and F1, with an interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spanloom.core import Array
from spanloom.metrics.matching import Tally, harmonic, macro, ratio
from spanloom.metrics.significance import bootstrap_interval

Scores = dict[str, dict[str, float]]


def score_row(counts: Array, labels: Mapping[str, dict[str, float]] | None = None) -> dict[str, Any]:
    """Micro scores of counts [N, 3] (true positives, predicted, gold) and their 95% interval over examples.

    labels: their scores, of which the macro scores are the means.
    """
    tp, predicted, gold = (int(total) for total in counts.sum(axis=0))
    precision, recall = ratio(tp, predicted), ratio(tp, gold)
    row: dict[str, Any] = {"precision": precision, "recall": recall, "f1": harmonic(precision, recall)}
    row |= {"tp": tp, "predicted": predicted, "gold": gold, "interval": list(bootstrap_interval(counts))}
    return row if labels is None else {**row, "macro": macro(list(labels.values()))}


def answer_row(counts: Array) -> dict[str, Any]:
    """The same, with the accuracy where there is one answer for each example."""
    row = score_row(counts)
    return {**row, "accuracy": row["precision"]} if row["predicted"] == row["gold"] == len(counts) else row


def label_scores(gold: Iterable[tuple[str, bool]], predicted: Iterable[tuple[str, bool]]) -> Scores:
    """Label -> score, from (label, found) of gold facts and (label, correct) of predicted ones."""
    tallies: dict[str, Tally] = {}
    for label, found in gold:
        tallies.setdefault(label, Tally()).add_gold(found)
    for label, correct in predicted:
        tallies.setdefault(label, Tally()).add_predicted(correct)
    return {label: tallies[label].score() for label in sorted(tallies)}

"""The scorecard of nested entities: one plain dict that is saved as JSON, printed, drawn, and compared with another.

No gold entity leaves the denominator: what the reader could not place counts as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.core import Array, Example, LostFact
from spanloom.errors import DataError
from spanloom.inputs import Span, Text
from spanloom.metrics.matching import Match
from spanloom.metrics.mistakes import ENTITY_MISTAKES, entity_mistakes, lost_mistakes, worst_sentences
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import Scores, label_scores, score_row
from spanloom.metrics.scorecard import gold_hash
from spanloom.metrics.spans import match_spans
from spanloom.metrics.tag_breakdown import (
    LENGTHS,
    NAMES,
    SEEN,
    SENTENCES,
    SIZES,
    SPANS,
    Counted,
    SurfaceSeen,
    length_bin,
    seen_bin,
    size_bin,
    tabulated,
)

ALL, OUTER, INNER, BOUNDARIES = "all", "outer", "inner", "boundaries"
ROWS = (ALL, OUTER, INNER, BOUNDARIES)
DEPTH = "entities, by depth"
DEPTHS = ("1, in no other", "2, in one other", "3 or more")
FREQUENT = 30


@dataclass(frozen=True, slots=True)
class NestedPair:
    """One sentence: its spans paired in each row, and how deep those of either side lie in others of that side."""

    example: Example
    matches: dict[str, Match[Span]]
    gold: dict[Span, int]
    predicted: dict[Span, int]

    def lost(self) -> list[LostFact]:
        """The entities that the reader could not place."""
        return [fact for fact in self.example.lost if fact.kind == "entity"]


def nested_scorecard(
    examples: Sequence[Example], predictions: Sequence[Graph], seen: SurfaceSeen | None = None
) -> dict[str, Any]:
    """Score predicted spans against gold, with equal labels and boundaries.

    examples: `input` is a Text, `gold` a Graph, whose relations play no part. seen: (the text of a span, its label) ->
    was it in the training data; None leaves that breakdown out. An inner span lies in another of the same answer, an
    outer one in none: as it is of gold and of predictions each for itself, an inner span is right only where both have
    it as inner (Benikova et al. 2014, the third metric of GermEval). What the reader could not place counts as outer.
    Scores are in 0..1. Keys of the result:

    answers    "spans"
    rule       "all", the row of `overall` that models are judged by
    summary    flat: entity_f1, entity_precision, entity_recall, outer_f1, inner_f1
    size       sentences, entities, inner ones, and those that the reader could not place (lost)
    overall    all, outer, inner, boundaries (of all, whatever their labels) -> precision, recall, f1, tp, predicted,
               gold, interval (95%, over sentences), macro over labels
    labels     "Entities" -> label -> score
    breakdown  name -> bin -> score
    errors     types -> count; confusions: labels at the same place taken for another; worst: the sentences with most
    sentences  row -> [tp, predicted, gold] a sentence
    gold_hash  of the texts and their gold: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    require_one_each(examples, predictions, "sentence")
    judged = [_judge(example, graph) for example, graph in zip(examples, predictions, strict=True)]
    counts = {row: _counts(judged, row) for row in ROWS}
    labels = {row: _labels(judged, row) for row in ROWS}
    overall = {row: score_row(counts[row], labels[row]) for row in ROWS}
    return {
        "answers": "spans",
        "rule": ALL,
        "summary": {f"entity_{name}": overall[ALL][name] for name in ("f1", "precision", "recall")}
        | {f"{row}_f1": overall[row]["f1"] for row in (OUTER, INNER)},
        "size": _size(judged, counts),
        "overall": overall,
        "labels": {"Entities": labels[ALL]},
        "breakdown": tabulated(
            {NAMES: SEEN, SPANS: LENGTHS, DEPTH: DEPTHS, SENTENCES: SIZES},
            (fact for item in judged for fact in _facts(item, seen)),
        ),
        "errors": _errors(judged),
        "sentences": {row: table.tolist() for row, table in counts.items()},
        "gold_hash": gold_hash(examples),
    }


def depths(spans: Sequence[Span]) -> dict[Span, int]:
    """How many of the other spans each lies in, duplicates aside; of two in the same place the later lies in the
    earlier.
    """
    found: dict[Span, int] = {}
    for span in dict.fromkeys(spans):
        around = [other for other in dict.fromkeys(spans) if other.start <= span.start and span.end <= other.end]
        found[span] = sum((other.start, other.end) != (span.start, span.end) or other in found for other in around)
    return found


def _judge(example: Example, prediction: Graph) -> NestedPair:
    if not isinstance(example.gold, Graph):
        raise DataError(str(example.source), "no gold answer", "annotated sentences", "Score on annotated data.")
    gold, predicted = depths(example.gold.spans), depths(prediction.spans)
    text: Text | None = example.input if example.by_text else None
    matches = {
        row: match_spans(
            _of_row(gold, row), _of_row(predicted, row), BOUNDARIES if row == BOUNDARIES else "strict", text
        )
        for row in ROWS
    }
    return NestedPair(example, matches, gold, predicted)


def _of_row(spans: dict[Span, int], row: str) -> list[Span]:
    return [span for span, depth in spans.items() if row not in (OUTER, INNER) or (depth > 0) == (row == INNER)]


def _lost_of(item: NestedPair, row: str) -> list[LostFact]:
    return [] if row == INNER else item.lost()


def _counts(judged: Sequence[NestedPair], row: str) -> Array:
    """[N, 3]: true positives, predicted and gold of each sentence."""
    rows = np.array([item.matches[row].counts() for item in judged], dtype=np.int64).reshape(-1, 3)
    rows[:, 2] += np.array([len(_lost_of(item, row)) for item in judged], dtype=np.int64)
    return rows


def _labels(judged: Sequence[NestedPair], row: str) -> Scores:
    gold: list[tuple[str, bool]] = []
    predicted: list[tuple[str, bool]] = []
    for item in judged:
        wanted, found = item.matches[row].labels()
        gold += [*wanted, *((fact.label, False) for fact in _lost_of(item, row))]
        predicted += found
    return label_scores(gold, predicted)


def _size(judged: Sequence[NestedPair], counts: dict[str, Array]) -> dict[str, int]:
    lost = sum(len(item.lost()) for item in judged)
    size = {
        "sentences": len(judged),
        "entities": int(counts[ALL][:, 2].sum()),
        "inner entities": int(counts[INNER][:, 2].sum()),
    }
    return size | ({"lost": lost} if lost else {})


def _facts(item: NestedPair, seen: SurfaceSeen | None) -> Iterator[Counted]:
    """Each gold and each predicted span with its bin in every breakdown."""
    match, size = item.matches[ALL], size_bin(len(item.example.input.tokens))
    hits: list[tuple[Span, int, bool | None, bool | None]] = [
        *((span, item.gold[span], found, None) for span, found in zip(match.gold, match.found, strict=True)),
        *((span, item.predicted[span], None, good) for span, good in zip(match.predicted, match.correct, strict=True)),
    ]
    for span, depth, found, correct in hits:
        yield SENTENCES, size, found, correct
        yield SPANS, length_bin(span), found, correct
        yield DEPTH, DEPTHS[min(depth, 2)], found, correct
        if seen is not None:
            yield NAMES, seen_bin(seen(item.example.input.surface(span), span.label)), found, correct
    for fact in item.lost():
        yield SENTENCES, size, False, None
        if seen is not None:
            yield NAMES, seen_bin(seen(fact.text, fact.label)), False, None


def _errors(judged: Sequence[NestedPair]) -> dict[str, Any]:
    found = [[*entity_mistakes(item.matches[ALL], item.example.input), *lost_mistakes(item.lost())] for item in judged]
    times = Counter(mistake.type for mistakes in found for mistake in mistakes)
    pairs = Counter(pair for item in judged for pair in _confusions(item.matches[ALL]))
    frequent = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:FREQUENT]
    return {
        "types": {name: times[name] for name in ENTITY_MISTAKES},
        "confusions": [{"gold": gold, "predicted": other, "count": count} for (gold, other), count in frequent],
        "worst": worst_sentences([item.example for item in judged], found),
    }


def _confusions(match: Match[Span]) -> Iterator[tuple[str, str]]:
    """The labels of missed gold spans and of wrong predicted ones in the same place."""
    wrong = [span for span, correct in zip(match.predicted, match.correct, strict=True) if not correct]
    for gold, found in zip(match.gold, match.found, strict=True):
        if not found:
            same = (span.label for span in wrong if (span.start, span.end) == (gold.start, gold.end))
            yield from ((gold.label, label) for label in same)

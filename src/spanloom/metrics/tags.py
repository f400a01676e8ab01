"""The scorecard of tagging: one plain dict that is saved as JSON, printed, drawn, and compared with another.

No gold token and no gold span leaves a denominator: what a prediction does not reach is wrong, what the reader could
not place is missed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.answers.tags import Tags
from spanloom.core import Array, Example
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.metrics.mistakes import ENTITY_MISTAKES, Mistake, entity_mistakes, lost_mistakes, worst_sentences
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import label_scores, score_row
from spanloom.metrics.spans import match_spans, spans_from_bio
from spanloom.metrics.tag_breakdown import SurfaceSeen, Table, TaggedPair, tag_breakdowns
from spanloom.text.tags import OUTSIDE, is_bio2

SPAN_RULES = ("strict", "boundaries")
ACCURACY = "accuracy"
WRONG, NOT_READ = "wrong label", "not read"
FREQUENT = 30


def tag_scorecard(
    examples: Sequence[Example], predictions: Sequence[Tags], seen: SurfaceSeen | None = None
) -> dict[str, Any]:
    """Score predicted labels against gold.

    examples: `input` is a Text, `gold` its Tags. seen: (a word, "") or (the text of a span, its label) -> was it in the
    training data; None leaves those breakdowns out. A prediction that is too short is wrong beyond its end. Scores are
    in 0..1. Keys of the result:

    answers    "tags"
    rule       the row of `overall` that models are judged by: "strict" where labels say spans, else "accuracy"
    summary    flat: accuracy and, by `rule`, entity_f1, entity_precision, entity_recall or macro_f1
    size       sentences, tokens, and entities with those that the reader could not place (lost)
    overall    strict (boundaries and label), boundaries, accuracy (of tokens) -> precision, recall, f1, tp, predicted,
               gold, interval (95%, over sentences), macro over labels
    labels     entities (strict) or tokens -> label -> score
    breakdown  name -> bin -> score
    errors     types -> count; confusions: the labels of tokens most often taken for another; worst: the sentences with
               most errors
    sentences  rule -> [tp, predicted, gold] a sentence
    gold_hash  of the texts, their tokens and their gold: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    require_one_each(examples, predictions, "sentence")
    gold = [_gold(example) for example in examples]
    spans = all(is_bio2(answer.labels) for answer in (*gold, *predictions))
    judged = [_judge(*item, spans) for item in zip(examples, gold, predictions, strict=True)]
    rules = (*SPAN_RULES, ACCURACY) if spans else (ACCURACY,)
    rule = rules[0]
    counts = {name: _counts(judged, name) for name in rules}
    labels = {name: _labels(judged, name) for name in rules}
    card: dict[str, Any] = {
        "answers": "tags",
        "rule": rule,
        "size": _size(judged, spans, int(counts[rule][:, 2].sum())),
        "overall": {name: score_row(counts[name], labels[name]) for name in rules},
        "labels": {"entities" if spans else "tokens": labels[rule]},
        "breakdown": tag_breakdowns(judged, seen),
        "errors": _errors(judged, spans),
        "sentences": {name: rows.tolist() for name, rows in counts.items()},
        "gold_hash": gold_hash(examples),
    }
    best = card["overall"][rule]
    card["overall"][ACCURACY][ACCURACY] = card["overall"][ACCURACY]["f1"]
    card["summary"] = {f"entity_{name}": best[name] for name in ("f1", "precision", "recall")} if spans else {}
    card["summary"][ACCURACY] = card["overall"][ACCURACY]["f1"]
    if not spans:
        card["summary"]["macro_f1"] = best["macro"]["f1"]
    return card


def gold_hash(examples: Sequence[Example]) -> str:
    """SHA-256 of the texts, their tokens and their labels in order; where the file lies changes nothing."""
    digest = hashlib.sha256()
    for example in examples:
        text: Text = example.input
        places = [(token.start, token.end) for token in text.tokens]
        lost = sorted((fact.kind, fact.label, fact.text) for fact in example.lost)
        digest.update(json.dumps([text.text, places, _gold(example).labels, lost]).encode("utf-8"))
    return digest.hexdigest()


def _gold(example: Example) -> Tags:
    if not isinstance(example.gold, Tags):
        raise DataError(str(example.source), "no gold answer", "annotated sentences", "Score on annotated data.")
    return example.gold


def _judge(example: Example, gold: Tags, prediction: Tags, spans: bool) -> TaggedPair:
    missing = len(gold.labels) - len(prediction.labels)
    predicted = prediction.labels[: len(gold.labels)] + (OUTSIDE if spans else NOT_READ,) * missing
    if not spans:
        return TaggedPair(example, gold.labels, predicted, None)
    sides = spans_from_bio(gold.labels), spans_from_bio(predicted)
    return TaggedPair(example, gold.labels, predicted, {rule: match_spans(*sides, rule) for rule in SPAN_RULES})


def _counts(judged: Sequence[TaggedPair], rule: str) -> Array:
    """[N, 3]: true positives, predicted and gold of each sentence."""
    rows = []
    for item in judged:
        if rule == ACCURACY or item.matches is None:
            rows.append([sum(item.correct()), len(item.gold), len(item.gold)])
        else:
            tp, predicted, gold = item.matches[rule].counts()
            rows.append([tp, predicted, gold + len(item.lost())])
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _labels(judged: Sequence[TaggedPair], rule: str) -> Table:
    """By label, of spans or of tokens; a token that was not read is no label's prediction."""
    gold: list[tuple[str, bool]] = []
    predicted: list[tuple[str, bool]] = []
    for item in judged:
        if rule == ACCURACY or item.matches is None:
            gold += zip(item.gold, item.correct(), strict=True)
            predicted += [pair for pair in zip(item.predicted, item.correct(), strict=True) if pair[0] != NOT_READ]
        else:
            wanted, found = item.matches[rule].labels()
            gold += [*wanted, *((fact.label, False) for fact in item.lost())]
            predicted += found
    return label_scores(gold, predicted)


def _size(judged: Sequence[TaggedPair], spans: bool, entities: int) -> dict[str, int]:
    size = {"sentences": len(judged), "tokens": sum(len(item.gold) for item in judged)}
    lost = sum(len(item.lost()) for item in judged)
    return size | ({"entities": entities} if spans else {}) | ({"lost": lost} if lost else {})


def _errors(judged: Sequence[TaggedPair], spans: bool) -> dict[str, Any]:
    found = [
        _token_mistakes(item)
        if item.matches is None
        else [*entity_mistakes(item.matches["strict"], item.example.input), *lost_mistakes(item.lost())]
        for item in judged
    ]
    times = Counter(mistake.type for mistakes in found for mistake in mistakes)
    pairs = Counter(
        pair for item in judged for pair in zip(item.gold, item.predicted, strict=True) if pair[0] != pair[1]
    )
    frequent = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:FREQUENT]
    return {
        "types": {name: times[name] for name in (ENTITY_MISTAKES if spans else (WRONG, NOT_READ))},
        "confusions": [{"gold": gold, "predicted": other, "count": count} for (gold, other), count in frequent],
        "worst": worst_sentences([item.example for item in judged], found),
    }


def _token_mistakes(item: TaggedPair) -> list[Mistake]:
    return [
        Mistake(
            "tokens",
            NOT_READ if predicted == NOT_READ else WRONG,
            f"{token.text} [{gold}] at token {place}",
            None if predicted == NOT_READ else f"{token.text} [{predicted}]",
        )
        for place, (token, gold, predicted) in enumerate(
            zip(item.example.input.tokens, item.gold, item.predicted, strict=True)
        )
        if gold != predicted
    ]

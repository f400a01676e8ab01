"""The scorecard of the joint task: one plain dict that is saved as JSON, printed, drawn, and compared with another.

No gold fact leaves the denominator: what the reader could not place counts as missed under its own label.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.answers.graph import Graph
from spanloom.core import Array, Example
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span, Text
from spanloom.metrics.breakdown import PairSeen, breakdowns
from spanloom.metrics.matching import RULES, Match
from spanloom.metrics.mistakes import (
    ENTITY_MISTAKES,
    TRIPLE_MISTAKES,
    Mistake,
    entity_mistakes,
    lost_mistakes,
    triple_mistakes,
)
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import Scores, label_scores, score_row
from spanloom.metrics.spans import match_spans
from spanloom.metrics.triples import match_triples

WORST = 20

AnyMatch = Match[Span] | Match[Relation]


def joint_scorecard(
    examples: Sequence[Example], predictions: Sequence[Graph], seen: PairSeen | None = None
) -> dict[str, Any]:
    """Score predicted graphs against gold.

    examples: `input` is a Text, `gold` a Graph, both in token offsets. seen: (head text, tail text) -> was this pair in
    the training data; None leaves that breakdown out. Scores are in 0..1. Keys of the result:

    answers    "graph"
    summary    flat: entity_ and relation_ precision, recall, f1, under `rule`
    rule       "strict", or "boundaries" (the text of facts) where the gold was given as text
    size       sentences, gold facts, and how many of those the reader could not place
    entities, triples   rule -> precision, recall, f1, tp, predicted, gold, interval (95% of micro F1), macro
    labels     entities (strict), triples (`rule`) -> label -> score
    breakdown  name -> bin -> score, triples only
    errors     entities, triples -> type -> count; worst: the sentences with most errors
    sentences  entities, triples -> [tp, predicted, gold] a sentence, under `rule`
    gold_hash  of the texts and their gold: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    require_one_each(examples, predictions, "sentence")
    by_text = any(example.by_text for example in examples)
    rule = "boundaries" if by_text else "strict"
    entities = {name: _match_entities(examples, predictions, name) for name in RULES}
    triples = {name: _match_triples(examples, predictions, name) for name in RULES}
    counts = {
        "entities": _counts(examples, entities[rule], "entities"),
        "triples": _counts(examples, triples[rule], "triples"),
    }
    card: dict[str, Any] = {
        "answers": "graph",
        "rule": rule,
        "by_text": by_text,
        "size": _size(examples, counts),
        "entities": {name: _rule_score(examples, entities[name], "entities") for name in RULES},
        "triples": {name: _rule_score(examples, triples[name], "triples") for name in RULES},
        "labels": {
            "entities": _labels(examples, entities["strict"], "entities"),
            "triples": _labels(examples, triples[rule], "triples"),
        },
        "breakdown": breakdowns(examples, triples[rule], seen),
        "errors": _errors(examples, entities[rule], triples[rule]),
        "sentences": {kind: rows.tolist() for kind, rows in counts.items()},
        "gold_hash": gold_hash(examples),
    }
    card["summary"] = {
        f"{short}_{name}": card[kind][rule][name]
        for short, kind in (("entity", "entities"), ("relation", "triples"))
        for name in ("f1", "precision", "recall")
    }
    return card


def gold_hash(examples: Sequence[Example]) -> str:
    """SHA-256 of the texts and their gold facts in order; where the file lies and the order of facts change nothing."""
    digest = hashlib.sha256()
    for example in examples:
        text: Text = example.input
        spans = sorted((*text.characters(span), span.label) for span in _gold(example).spans)
        relations = sorted(
            (*text.characters(relation.head), *text.characters(relation.tail), relation.label)
            for relation in _gold(example).relations
        )
        lost = sorted((fact.kind, fact.label, fact.text) for fact in example.lost)
        digest.update(json.dumps([text.text, spans, relations, lost]).encode("utf-8"))
    return digest.hexdigest()


def _gold(example: Example) -> Graph:
    if not isinstance(example.gold, Graph):
        raise DataError(str(example.source), "no gold answer", "annotated sentences", "Score on annotated data.")
    return example.gold


def _match_entities(examples: Sequence[Example], predictions: Sequence[Graph], rule: str) -> list[Match[Span]]:
    return [
        match_spans(_gold(example).spans, graph.spans, rule, example.input if example.by_text else None)
        for example, graph in zip(examples, predictions, strict=True)
    ]


def _match_triples(examples: Sequence[Example], predictions: Sequence[Graph], rule: str) -> list[Match[Relation]]:
    return [
        match_triples(_gold(example).relations, graph.relations, rule, example.input if example.by_text else None)
        for example, graph in zip(examples, predictions, strict=True)
    ]


def _lost_labels(example: Example, kind: str) -> list[str]:
    return [fact.label for fact in example.lost if (fact.kind == "entity") == (kind == "entities")]


def _counts(examples: Sequence[Example], matches: Sequence[AnyMatch], kind: str) -> Array:
    rows = np.array([match.counts() for match in matches], dtype=np.int64).reshape(-1, 3)  # [N, 3]
    rows[:, 2] += np.array([len(_lost_labels(example, kind)) for example in examples], dtype=np.int64)
    return rows


def _rule_score(examples: Sequence[Example], matches: Sequence[AnyMatch], kind: str) -> dict[str, Any]:
    return score_row(_counts(examples, matches, kind), _labels(examples, matches, kind))


def _labels(examples: Sequence[Example], matches: Sequence[AnyMatch], kind: str) -> Scores:
    gold: list[tuple[str, bool]] = []
    predicted: list[tuple[str, bool]] = []
    for example, match in zip(examples, matches, strict=True):
        wanted, found = match.labels()
        gold += [*wanted, *((label, False) for label in _lost_labels(example, kind))]
        predicted += found
    return label_scores(gold, predicted)


def _size(examples: Sequence[Example], counts: dict[str, Array]) -> dict[str, int]:
    return {
        "sentences": len(examples),
        "entities": int(counts["entities"][:, 2].sum()),
        "triples": int(counts["triples"][:, 2].sum()),
        "lost": sum(len(example.lost) for example in examples),
        "ambiguous": sum(example.ambiguous for example in examples),
    }


def _errors(
    examples: Sequence[Example], entities: Sequence[Match[Span]], triples: Sequence[Match[Relation]]
) -> dict[str, Any]:
    found: list[list[Mistake]] = [
        entity_mistakes(spans, example.input)
        + triple_mistakes(relations, example.input, example.by_text)
        + lost_mistakes(example.lost)
        for example, spans, relations in zip(examples, entities, triples, strict=True)
    ]
    times = Counter((mistake.kind, mistake.type) for mistakes in found for mistake in mistakes)
    worst = sorted((-len(mistakes), index) for index, mistakes in enumerate(found) if mistakes)[:WORST]
    return {
        "entities": {name: times["entities", name] for name in ENTITY_MISTAKES},
        "triples": {name: times["triples", name] for name in TRIPLE_MISTAKES},
        "worst": [_sentence(examples[index], found[index]) for _, index in worst],
    }


def _sentence(example: Example, mistakes: Sequence[Mistake]) -> dict[str, Any]:
    return {
        "source": str(example.source),
        "text": example.input.text,
        "errors": [
            {"kind": mistake.kind, "type": mistake.type, "gold": mistake.gold, "predicted": mistake.predicted}
            for mistake in mistakes
        ],
    }

"""The scorecard of answers that are one class of an input, or several labels: one plain dict, saved as JSON.

N examples. Counts are [N, 3]: right labels, predicted ones, gold ones.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from spanloom.answers.label import Label
from spanloom.core import Array, Example
from spanloom.errors import DataError
from spanloom.inputs import Image, Input, MarkedText, texts_of
from spanloom.metrics.matching import Tally, binned, macro
from spanloom.metrics.pairing import require_one_each
from spanloom.metrics.rows import answer_row
from spanloom.text.marks import write_marks

WORST = 20
"""Of confidence, equally wide."""

IsKnown = Callable[[str], bool]


def label_scorecard(
    examples: Sequence[Example], predictions: Sequence[Label], seen: IsKnown | None = None, several: bool = False
) -> dict[str, Any]:
    """Score predicted classes against gold.

    seen: word -> does the model know it; None leaves that breakdown out. several: any number of labels may stand
    together; scored by micro F1 then ("labels"), and also by how many examples are right as a whole ("exact match");
    else by "accuracy". Scores are in 0..1. Keys of the result:

    answers    "label"
    rule       the row of `overall` that models are judged by
    summary    flat: accuracy, or exact_match and micro_; macro_ precision, recall, f1
    size       examples, classes, gold labels
    overall    row -> precision, recall, f1, tp, predicted, gold, interval (95%, over examples), macro of the classes
    labels     "Classes" -> class -> score
    breakdown  name -> bin -> score
    errors     types; confusions of a gold class with a predicted one; worst: the most confident mistakes
    sentences  row -> counts of each example
    gold_hash  of the inputs and their gold: what makes two scorecards comparable

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    require_one_each(examples, predictions, "example")
    gold = [_gold(example) for example in examples]
    counts = _counts(gold, predictions)
    whole = np.array([[set(g.names) == set(p.names), 1, 1] for g, p in zip(gold, predictions, strict=True)], np.int64)
    classes = _classes(gold, predictions)
    rows = {"labels": counts, "exact match": whole} if several else {"accuracy": whole}
    rule = next(iter(rows))
    overall = {name: answer_row(table.reshape(-1, 3)) for name, table in rows.items()}
    overall[rule]["macro"] = macro(list(classes.values()))
    return {
        "answers": "label",
        "rule": rule,
        "summary": _summary(overall, rule),
        "size": {"examples": len(examples), "classes": len(classes), "labels": int(counts[:, 2].sum())},
        "overall": overall,
        "labels": {"Classes": classes},
        "breakdown": _breakdowns(examples, counts, seen, several),
        "errors": _errors(examples, predictions),
        "sentences": {name: table.tolist() for name, table in rows.items()},
        "gold_hash": _gold_hash(examples),
    }


def _gold(example: Example) -> Label:
    if not isinstance(example.gold, Label):
        raise DataError(str(example.source), "no gold answer", "labelled examples", "Score on labelled data.")
    return example.gold


def _counts(gold: Sequence[Label], predictions: Sequence[Label]) -> Array:
    rows = [(len({*g.names} & {*p.names}), len(p.names), len(g.names)) for g, p in zip(gold, predictions, strict=True)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _summary(overall: dict[str, Any], rule: str) -> dict[str, float]:
    means = {f"macro_{name}": overall[rule]["macro"][name] for name in ("f1", "precision", "recall")}
    if rule == "accuracy":
        return {"accuracy": overall[rule]["f1"], **means}
    micro = {f"micro_{name}": overall[rule][name] for name in ("f1", "precision", "recall")}
    return {**micro, "exact_match": overall["exact match"]["f1"], **means}


def _classes(gold: Sequence[Label], predictions: Sequence[Label]) -> dict[str, dict[str, float]]:
    tallies: dict[str, Tally] = {}
    for wanted, found in zip(gold, predictions, strict=True):
        for name in wanted.names:
            tallies.setdefault(name, Tally()).add_gold(name in found.names)
        for name in found.names:
            tallies.setdefault(name, Tally()).add_predicted(name in wanted.names)
    return {name: tallies[name].score() for name in sorted(tallies)}


def _breakdowns(examples: Sequence[Example], counts: Array, seen: IsKnown | None, several: bool) -> dict[str, Any]:
    words = [[token.text for text in texts_of(example.input) for token in text.tokens] for example in examples]
    tables = {"words in the input": binned([len(item) for item in words], counts, (5, 10, 20, 40, 80))}
    if not any(words):
        tables = {}  # pictures
    if several:
        tables["labels of the example"] = binned(counts[:, 2].tolist(), counts, (0, 1, 2, 3))
    if seen is not None:
        unknown = [sum(not seen(word) for word in item) for item in words]
        tables["words unknown to the model"] = binned(unknown, counts, (0, 1, 2, 5))
    return tables


def _errors(examples: Sequence[Example], predictions: Sequence[Label]) -> dict[str, Any]:
    """Types: a wrong class in place of another, labels that are missing, labels too many."""
    types = dict.fromkeys(("wrong class", "missing", "spurious"), 0)
    confusions: Counter[tuple[str, str]] = Counter()
    worst: list[tuple[float, int, list[dict[str, Any]]]] = []
    for number, (example, answer) in enumerate(zip(examples, predictions, strict=True)):
        missing = [name for name in _gold(example).names if name not in answer.names]
        spurious = [name for name in answer.names if name not in _gold(example).names]
        sure = dict(zip(answer.names, answer.scores or (), strict=False))
        mistakes: list[dict[str, Any]] = []
        if len(missing) == len(spurious) == 1:
            confusions[missing[0], spurious[0]] += 1
            mistakes.append({"type": "wrong class", "gold": missing[0], "predicted": spurious[0]})
        else:
            mistakes += [{"type": "missing", "gold": name, "predicted": ""} for name in missing]
            mistakes += [{"type": "spurious", "gold": "", "predicted": name} for name in spurious]
        for mistake in mistakes:
            types[mistake["type"]] += 1
            if mistake["predicted"] in sure:
                mistake["score"] = float(sure[mistake["predicted"]])
        if mistakes:
            worst.append((-max((sure.get(name, 0.0) for name in spurious), default=0.0), number, mistakes))
    return {
        "types": types,
        "confusions": [{"gold": g, "predicted": p, "count": count} for (g, p), count in confusions.most_common()],
        "worst": [_example(examples[number], mistakes) for _, number, mistakes in sorted(worst)[:WORST]],
    }


def _readable(item: Input) -> list[str]:
    """The texts of an input; of one with two spans marked in it, with the marks; of a picture its name."""
    if isinstance(item, Image):
        return [item.name]
    return [write_marks(item)] if isinstance(item, MarkedText) else [text.text for text in texts_of(item)]


def _example(example: Example, mistakes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    text = " | ".join(_readable(example.input))
    return {"source": str(example.source), "text": text, "errors": list(mistakes)}


def _gold_hash(examples: Sequence[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        item = example.input
        asked = [item.digest()] if isinstance(item, Image) else _readable(item)
        digest.update(json.dumps([asked, sorted(_gold(example).names)]).encode("utf-8"))
    return digest.hexdigest()

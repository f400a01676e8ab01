"""The scorecard of relations between given spans: one plain dict, saved as JSON.

Its rule is the official score of SemEval-2010 task 8 (Hendrickx et al. 2010, https://aclanthology.org/S10-1006), the
"(9+1)-way evaluation taking directionality into account": macro F1 over nine relations, Other left out, direction
counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from spanloom.answers.label import Label
from spanloom.core import Array, Example
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.metrics.labels import IsKnown, label_scorecard
from spanloom.metrics.matching import Tally, binned, macro
from spanloom.metrics.significance import bootstrap_interval
from spanloom.text.marks import words_between

NO_RELATION = ("Other", "no_relation", "NA")
DIRECTED = re.compile(r"(?P<type>.+)(?P<direction>\(e[12],e[12]\))")
ERRORS = ("direction", "other relation", "missed", "spurious")
DISTANCES = (0, 2, 5, 10, 20)


class DirectedType(NamedTuple):
    """What a label says: a type, None for no relation at all, and a direction, "" where the label names none."""

    type: str | None
    direction: str


def directed_type(label: str, no_relation: Collection[str] = NO_RELATION) -> DirectedType:
    """`Cause-Effect(e2,e1)` -> type Cause-Effect, direction (e2,e1)."""
    if label in no_relation:
        return DirectedType(None, "")
    directed = DIRECTED.fullmatch(label)
    return DirectedType(directed["type"], directed["direction"]) if directed else DirectedType(label, "")


def relation_scorecard(
    examples: Sequence[Example],
    predictions: Sequence[Relation],
    seen: IsKnown | None = None,
    no_relation: Collection[str] = NO_RELATION,
) -> dict[str, Any]:
    """Score predicted relations against gold: what `label_scorecard` says of their labels, and what is different.

    rule       "macro"
    overall    accuracy, of whole labels; macro: F1 of each type in the mean over types. A type's true positives have
               type and direction right. All that was predicted of a type, in either direction and where gold says that
               there is no relation too, is what its precision is a part of, all gold of it what its recall is a part
               of. What is in `no_relation` is no type. Labels that name no direction are types themselves, so that it
               is their plain macro F1. tp, predicted, gold: summed over types. interval: of macro F1.
    labels     "Relations" -> label -> score; "Types" -> type -> score, where directions are named
    breakdown  also by the words between head and tail
    errors     types: "direction" (the type is right), "other relation", "missed" (none was predicted), "spurious"
    sentences  accuracy: counts of each example; macro: also the numbers of the types predicted and gold, see
               `metrics/significance.py`

    Raises DataError when there is not one prediction an example, or an example has no gold.
    """
    labelled = [replace(example, gold=_gold(example)) for example in examples]
    answers = [Label((answer.label,), None if answer.score is None else (answer.score,)) for answer in predictions]
    card = label_scorecard(labelled, answers, seen)
    gold = [directed_type(_gold(example).names[0], no_relation) for example in examples]
    predicted = [directed_type(answer.label, no_relation) for answer in predictions]
    types = _types(gold, predicted)
    rows = _rows(gold, predicted)
    accuracy = {name: score for name, score in card["overall"]["accuracy"].items() if name != "macro"}
    card["overall"] = {"macro": _macro(types, rows), "accuracy": accuracy}
    card["summary"] = {f"macro_{name}": card["overall"]["macro"][name] for name in ("f1", "precision", "recall")}
    card["summary"]["accuracy"] = accuracy["accuracy"]
    directed = any(kind.direction for kind in (*gold, *predicted))
    card["labels"] = {"Relations": card["labels"]["Classes"], **({"Types": types} if directed else {})}
    between = [words_between(example.input) for example in examples]
    right = np.array(card["sentences"]["accuracy"], dtype=np.int64).reshape(-1, 3)
    card["breakdown"]["words between head and tail"] = binned(between, right, DISTANCES)
    card["errors"] |= _errors(card["errors"], no_relation)
    card["sentences"]["macro"] = rows.tolist()
    return {**card, "answers": "relation", "rule": "macro"}


def _gold(example: Example) -> Label:
    if not isinstance(example.gold, Relation):
        raise DataError(str(example.source), "no gold answer", "annotated relations", "Score on annotated data.")
    return Label((example.gold.label,))


def _types(gold: Sequence[DirectedType], predicted: Sequence[DirectedType]) -> dict[str, dict[str, float]]:
    tallies: dict[str, Tally] = {}
    for wanted, found in zip(gold, predicted, strict=True):
        if wanted.type is not None:
            tallies.setdefault(wanted.type, Tally()).add_gold(found == wanted)
        if found.type is not None:
            tallies.setdefault(found.type, Tally()).add_predicted(found == wanted)
    return {name: tallies[name].score() for name in sorted(tallies)}


def _rows(gold: Sequence[DirectedType], predicted: Sequence[DirectedType]) -> Array:
    """[N, 5]: right, predicted and gold types of each example, and their numbers: predicted, gold; 0 for none.

    Numbers go to the types of gold first, so that they are the same whatever is predicted.
    """
    names = [
        *sorted({kind.type for kind in gold if kind.type}),
        *sorted({kind.type for kind in predicted if kind.type}),
    ]
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    rows = [
        [
            wanted == found and wanted.type is not None,
            found.type is not None,
            wanted.type is not None,
            number[found.type] if found.type is not None else 0,
            number[wanted.type] if wanted.type is not None else 0,
        ]
        for wanted, found in zip(gold, predicted, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)


def _macro(types: dict[str, dict[str, float]], rows: Array) -> dict[str, Any]:
    correct, predicted, gold = (int(total) for total in rows[:, :3].sum(axis=0))
    counts = {"tp": correct, "predicted": predicted, "gold": gold}
    return {**macro(list(types.values())), **counts, "interval": list(bootstrap_interval(rows))}


def _errors(errors: dict[str, Any], no_relation: Collection[str]) -> dict[str, Any]:
    """The errors of labels, each called by what is wrong about it."""
    types: Counter[str] = Counter(dict.fromkeys(ERRORS, 0))
    for case in errors["confusions"]:
        types[_error(case["gold"], case["predicted"], no_relation)] += case["count"]
    worst = [
        {
            **example,
            "errors": [
                {**mistake, "type": _error(mistake["gold"], mistake["predicted"], no_relation)}
                for mistake in example["errors"]
            ],
        }
        for example in errors["worst"]
    ]
    return {"types": dict(types), "worst": worst}


def _error(gold: str, predicted: str, no_relation: Collection[str]) -> str:
    wanted, found = directed_type(gold, no_relation), directed_type(predicted, no_relation)
    if wanted.type == found.type:
        return "direction" if found.type else "other relation"
    if wanted.type and found.type:
        return "other relation"
    return "missed" if wanted.type else "spurious"

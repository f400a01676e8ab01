"""Which facts of an answer are sure enough to be told: those whose score reaches a threshold, of all labels or of one.

A threshold leaves out, it never adds: what a model decides against is in no answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spanloom.answers import kind_of
from spanloom.contracts import Codec, Task
from spanloom.errors import ConfigError
from spanloom.text.known import few_of
from spanloom.text.tagset import TOKEN_LABEL

GivenThreshold = float | Mapping[str, float]
"""One threshold, or those of labels by name, `ALL` for every label that is not named."""

ALL = "*"
HERE = "threshold"
REMEDY = "Set a number such as 0.7."


@dataclass(frozen=True)
class Threshold:
    """The least score of a fact: of those labels that are named, and of all others; in 0..1."""

    of_others: float = 0.0
    of_label: Mapping[str, float] = field(default_factory=dict)

    def keeps(self, label: str, score: float | None) -> bool:
        """Whether a fact of this label and score is told. Raises ConfigError where it has no score to go by."""
        least = self.of_label.get(label, self.of_others)
        if least == 0:
            return True
        if score is None:
            found = f"the model says '{label}' without a score to compare"
            remedy = "Leave the threshold out, or train with model.confidence = true."
            raise ConfigError(HERE, found, "a model whose answers have scores", remedy)
        return score >= least

    def kept(self, answer: Any) -> Any:
        """The answer without the facts that are less sure; what has none, such as an error in its place, as it is."""
        sure = kind_of(answer).sure
        return answer if sure is None else sure(answer, self.keeps)


def threshold_for(given: GivenThreshold, task: Task, codec: Codec) -> Threshold:
    """The threshold that is meant, for the answers of a model.

    Raises ConfigError for what is no number in 0..1, for a label that the model does not know, and for a model whose
    answers have no facts that could be left out.
    """
    known = codec.known()
    if kind_of(task.answer()).sure is None or set(known) <= {TOKEN_LABEL}:
        found = f"is set, but no part of an answer of this model (task '{task.name}') can be left out"
        raise ConfigError(HERE, found, "a model of entities, relations or labels", "Leave the threshold out.")
    if not isinstance(given, Mapping):
        return Threshold(_part(given, ""))
    labels = {label: _part(value, label) for label, value in given.items() if label != ALL}
    names = [name for of_kind in known.values() for name in of_kind]
    for label in labels:
        if label not in names:
            near = difflib.get_close_matches(label, names, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            expected = f"one that the model was trained on ({few_of(names)})"
            raise ConfigError(HERE, f"unknown label '{label}'{hint}", expected, "Name one of these, or leave it out.")
    return Threshold(_part(given.get(ALL, 0.0), ""), labels)


def _part(value: Any, label: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        of_label = f" for '{label}'" if label else ""
        raise ConfigError(HERE, f"is {value!r}{of_label}", "a number from 0 to 1", REMEDY)
    return float(value)

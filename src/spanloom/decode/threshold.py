"""Which facts of an answer are sure enough to be told: those whose score reaches a threshold, of all labels or of one.

A threshold leaves out, it never adds: what a model decides against is in no answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from spanloom.core import Codec, Frame, Graph, Label, Relation, Tags, Task
from spanloom.errors import ConfigError
from spanloom.text.known import few_of
from spanloom.text.tags import OUTSIDE, spans_from_tags
from spanloom.text.tagset import TOKEN_LABEL

Given = float | Mapping[str, float]
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
        leave_out = LEAVE_OUT.get(type(answer))
        return answer if leave_out is None else leave_out(answer, self)


def threshold_for(given: Given, task: Task, codec: Codec) -> Threshold:
    """The threshold that is meant, for the answers of a model.

    Raises ConfigError for what is no number in 0..1, for a label that the model does not know, and for a model whose
    answers have no facts that could be left out.
    """
    known = codec.known()
    if type(task.answer()) not in LEAVE_OUT or set(known) <= {TOKEN_LABEL}:
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


# ---- by the type of the answer ---------------------------------------------------------------------------------------


def _graph(graph: Graph, threshold: Threshold) -> Graph:
    """Spans that are sure, and the sure relations between those."""
    spans = tuple(span for span in graph.spans if threshold.keeps(span.label, span.score))
    there = set(spans)
    relations = (item for item in graph.relations if item.head in there and item.tail in there)
    return replace(
        graph, spans=spans, relations=tuple(item for item in relations if threshold.keeps(item.label, item.score))
    )


def _tags(tags: Tags, threshold: Threshold) -> Tags:
    """Spans as sure as their least sure token; the tokens of others are outside, each as sure as its label was not."""
    scores = tags.scores
    labels, sure = list(tags.labels), None if scores is None else list(scores)
    for span in spans_from_tags(tags.labels, "bio2"):
        if threshold.keeps(span.label, None if scores is None else min(scores[span.start : span.end])):
            continue
        for place in range(span.start, span.end):
            labels[place] = OUTSIDE
            if sure is not None:
                sure[place] = 1.0 - sure[place]
    return Tags(tuple(labels), None if sure is None else tuple(sure))


def _label(label: Label, threshold: Threshold) -> Label:
    """The classes that are sure, perhaps none."""
    scores = label.scores or (None,) * len(label.names)
    kept = [pair for pair in zip(label.names, scores, strict=True) if threshold.keeps(*pair)]
    return replace(
        label,
        names=tuple(name for name, _ in kept),
        scores=None if label.scores is None else tuple(score for _, score in kept if score is not None),
    )


def _frame(frame: Frame, threshold: Threshold) -> Frame:
    """The intent, where it is sure, and the sure slots."""
    return replace(frame, intent=_label(frame.intent, threshold), slots=_tags(frame.slots, threshold))


def _relation(relation: Relation, threshold: Threshold) -> Relation:
    """The relation, or one without a label, as where there is nothing to decide."""
    if not relation.label or threshold.keeps(relation.label, relation.score):
        return relation
    return replace(relation, label="", score=None)


LEAVE_OUT: Mapping[type, Callable[[Any, Threshold], Any]] = {
    Graph: _graph,
    Tags: _tags,
    Label: _label,
    Frame: _frame,
    Relation: _relation,
}
"""What leaves the less sure facts out of an answer, by its type; the types that are not here have no such facts."""

"""The classes of the training data: names to targets, scores to names, and how much each weighs. NumPy only.

The class of a relation is its label. B batch, K classes, S scores a model gives: one a class, or a single one where it
decides between two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from spanloom.answers import kind_of
from spanloom.answers.label import Label
from spanloom.batch.openness import covered_entities
from spanloom.core import Array, Coverage, Example
from spanloom.errors import ConfigError, DataError
from spanloom.text.known import refuse_unknown
from spanloom.text.stored import choice, real, strings

Decision = Literal["one", "second", "each"]

SURE = 20.0
"""A logit that leaves no doubt."""


class Classes:
    """names: in alphabetical order. decision, and the target of an example:

    one     exactly one class, that of the highest score; its number, []
    second  exactly one of two classes, the second where its score is above 0; whether it is that one, [1]
    each    any number of classes, those whose probability reaches the threshold; whether each holds, [K]
    """

    def __init__(self, names: Sequence[str], decision: Decision, threshold: float) -> None:
        self.names = tuple(names)
        self.decision = decision
        self.threshold = threshold
        self._numbers = {name: number for number, name in enumerate(self.names)}

    @classmethod
    def fit(cls, examples: Sequence[Example], labels: str, loss: str, threshold: float) -> Classes:
        """labels: "single", "multi", or "auto", by what the examples have. loss: "binary" for a single score.

        Raises DataError where there is no label, ConfigError for a single score where there are not two classes.
        """
        names = sorted({name for example in examples for name in _names(example)})
        if not names:
            raise DataError(examples[0].source.path, "no label in any example", "labelled examples", "Name other data.")
        if labels == "multi" or (labels == "auto" and {len(_names(example)) for example in examples} != {1}):
            return cls(names, "each", threshold)
        if loss == "binary" and len(names) != 2:
            found = f"is 'binary', but the training data have {len(names)} classes"
            raise ConfigError("model.loss", found, "two", "Set model.loss = 'cross_entropy'.")
        return cls(names, "second" if loss == "binary" else "one", threshold)

    @property
    def scores(self) -> int:
        """S."""
        return 1 if self.decision == "second" else len(self.names)

    @property
    def limit(self) -> int:
        """What the numbers in a target stay below."""
        return len(self.names) if self.decision == "one" else 2

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The labels of an example that training never had."""
        return [("label", name) for name in _names(example) if name not in self._numbers]

    def require_known(self, example: Example) -> None:
        """Raises DataError for a class that training never had, and where there must be one class and is not."""
        names = _names(example)
        refuse_unknown(self.unknown(example), self.names, example.source)
        if self.decision != "each" and len(names) != 1:
            found = f"{len(names)} labels together: {', '.join(names)}" if names else "no label"
            remedy = "Correct it, or train with model.labels = 'multi'."
            raise DataError(str(example.source), found, "exactly one, as this model decides for one", remedy)

    def encode(self, example: Example) -> Array:
        """The target of an example's gold."""
        numbers = [self._numbers[name] for name in _names(example)]
        if self.decision == "each":
            return np.bincount(numbers, minlength=len(self.names))
        return np.array(numbers[0] if self.decision == "one" else numbers)

    def judged(self, coverage: Coverage | None) -> Array:
        """Which scores [S] may be judged in an example of a source that annotates this."""
        covered = covered_entities(self.names, coverage)
        return np.array([covered.all()]) if self.decision == "second" else covered

    def perfect(self, targets: Array) -> Array:
        """[B, S] scores that decode to what the targets say."""
        holds = np.eye(len(self.names), dtype=np.int64)[targets] if self.decision == "one" else targets
        return np.where(holds > 0, SURE, -SURE).astype(np.float32)

    def decode(self, scores: Array) -> list[Label]:
        """[B, S] -> an answer for each, with the probability of each class in it."""
        sure = _softmax(scores) if self.decision == "one" else _sigmoid(scores)
        if self.decision == "second":
            sure = np.concatenate([1 - sure, sure], axis=1)
        return [self.answer(row) for row in sure]

    def answer(self, sure: Array) -> Label:
        """The answer that the probabilities [K] of the classes make."""
        held = np.flatnonzero(sure >= self.threshold).tolist() if self.decision == "each" else [int(sure.argmax())]
        each = tuple(sure.tolist())
        return Label(tuple(self.names[number] for number in held), tuple(each[number] for number in held), each)

    def balanced(self, examples: Sequence[Example]) -> list[Any]:
        """Weights, 1 in the mean over the training data: [K] of each class, or [2, S] where it is not and where it is.

        Each class has the same total, `N / (K * count)`; where classes may stand together, each has the same total
        where it holds as where it does not, `N / (2 * count)`.
        """
        counts = Counter(name for example in examples for name in _names(example))
        holds = np.array([counts[name] for name in self.names])
        if self.decision == "each":
            both = np.stack([np.maximum(len(examples) - holds, 1), holds])  # [2, K]
            return list((len(examples) / (2 * both)).tolist())
        weights = len(examples) / (len(self.names) * holds)  # [K]
        return list((weights[:, None] if self.decision == "second" else weights).tolist())

    def weighing(
        self, examples: Sequence[Example], gamma: float, smoothing: float, class_weights: str
    ) -> dict[str, Any]:
        """What a loss over these classes goes by: "focal_gamma", "label_smoothing" and, where `class_weights` is
        "balanced", "class_weights"; see `nn/loss.py`.
        """
        weights = {"class_weights": self.balanced(examples)} if class_weights == "balanced" else {}
        return {"focal_gamma": gamma, "label_smoothing": smoothing, **weights}

    def to_dict(self) -> dict[str, Any]:
        return {"names": list(self.names), "decision": self.decision, "threshold": self.threshold}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Classes:
        decision = choice(table, "decision", ("one", "second", "each"))
        names = strings(table, "names", 2 if decision == "second" else 1)
        return cls(names, decision, real(table, "threshold", 0, 1))


def _names(example: Example) -> tuple[str, ...]:
    return tuple(name for _, name in kind_of(example.gold).classes(example.gold))


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _sigmoid(scores: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -80, 80))))

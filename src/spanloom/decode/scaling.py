"""Scores that mean what they say: those of the network, moved by what was fitted on dev data. NumPy only.

A score s becomes `sigmoid(slope * logit(s) + shift)`, which is a temperature of 1 / slope and, where it helps, a shift
(Platt 1999; Guo et al. 2017, https://proceedings.mlr.press/v70/guo17a.html). The slope is above 0, so that of one label
what was surer stays surer, and nothing is decided by it: an answer has the facts that it had.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, TypeVar

from spanloom.answers import kind_of
from spanloom.answers.parts.facts import ScoredFact
from spanloom.contracts import Codec
from spanloom.core import Example
from spanloom.decode.spans import sigmoid
from spanloom.read.parts.sources import judged
from spanloom.text.stored import optional, part

CALIBRATION, SCORES = "calibration", "scores"
"""Where a codec's dict keeps what was fitted on dev data, and there the lines."""

ALL = "*"
"""The line of a kind's labels that have none of their own."""

EDGE = 1e-7
"""Scores are taken for at least this and for at most 1 less this: nearer to 0 and 1 there are but a few float32."""


class Line(NamedTuple):
    """Where the logit of a score moves: `slope * logit + shift`; slope above 0."""

    slope: float
    shift: float


@dataclass(frozen=True)
class Scaling:
    """The line of each label, by kind of fact; `ALL` is that of every label that is not named. Others stay as is."""

    lines: Mapping[str, Mapping[str, Line]] = field(default_factory=dict)

    def line(self, kind: str, label: str) -> Line | None:
        """What scores of this label go by; None where they stay as they are."""
        of_kind = self.lines.get(kind, {})
        return of_kind.get(label, of_kind.get(ALL))

    def scaled(self, kind: str, label: str, score: float) -> float:
        """The score that a score of the network becomes."""
        line = self.line(kind, label)
        return score if line is None else sigmoid(line.slope * logit(score) + line.shift)

    def unscaled(self, kind: str, label: str, score: float) -> float:
        """The score of the network that became this one."""
        line = self.line(kind, label)
        return score if line is None else sigmoid((logit(score) - line.shift) / line.slope)

    def to_dict(self) -> dict[str, Any]:
        """Kind -> label -> [slope, shift]."""
        return {kind: {label: list(line) for label, line in lines.items()} for kind, lines in self.lines.items()}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Scaling:
        """Raises ValueError for what is no line."""
        return cls({kind: {label: _line(label, given) for label, given in part(table, kind).items()} for kind in table})


AS_IS = Scaling()


A = TypeVar("A")


class ScaledCodec(Codec):
    """A codec whose answers have scores that can be fitted; `scaling` says how the network's become those."""

    scaling: Scaling = AS_IS

    def scaled(self, answers: Sequence[A]) -> list[A]:
        """The answers with scores that mean what they say."""
        if not self.scaling.lines:
            return list(answers)
        return [kind_of(answer).rescaled(answer, self.scaling.scaled) for answer in answers]

    def with_scaling(self, scaling: Scaling) -> Self:
        """The same codec that scales scores so."""
        changed = copy.copy(self)
        changed.scaling = scaling
        return changed

    def stored_scaling(self) -> dict[str, Any]:
        """What joins the codec's dict; nothing where scores stay as they are."""
        return {CALIBRATION: {SCORES: self.scaling.to_dict()}} if self.scaling.lines else {}


def stored_scaling(table: Mapping[str, Any]) -> Scaling:
    """The scaling in a codec's dict. Raises ValueError for a damaged one."""
    fitted = optional(part, table, CALIBRATION)
    scores = optional(part, fitted, SCORES)
    return AS_IS if scores is None else Scaling.from_dict(scores)


def scored_facts(examples: Sequence[Example], answers: Sequence[Any]) -> Iterator[ScoredFact]:
    """The facts that have a score, each with whether it is right, without what the data set of one does not judge."""
    for example, answer in zip(examples, answers, strict=True):
        found: Any = judged(answer, example)
        yield from kind_of(found).facts(example, found)


def logit(score: float) -> float:
    """The log odds of a score, which is first brought away from 0 and 1 by `EDGE`."""
    inside = min(max(float(score), EDGE), 1.0 - EDGE)
    return math.log(inside / (1.0 - inside))


def _line(label: str, given: Any) -> Line:
    numbers = given if isinstance(given, list) else []
    if len(numbers) != 2 or not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError(f"{label}: {str(given)[:80]!r} is not two numbers")
    if numbers[0] <= 0:
        raise ValueError(f"{label}: the slope {numbers[0]} is not above 0")
    return Line(float(numbers[0]), float(numbers[1]))

"""The classes of a whole input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from spanloom.answers.parts.drawing import TEXTS, Shown
from spanloom.answers.parts.kind import AnswerKind, Keeps, Noise
from spanloom.answers.parts.table import Cell, Line, Part, confidence, line
from spanloom.core import Span


@dataclass(frozen=True, slots=True)
class Label:
    """The classes of a whole input, in alphabetical order: exactly one, or any number where labels may stand together.

    scores: a confidence in 0..1 for each of `names`; probabilities: of every class that the model knows, in the order
    in which its codec knows them. They take no part in equality.
    """

    names: tuple[str, ...] = ()
    scores: tuple[float, ...] | None = field(default=None, compare=False)
    probabilities: tuple[float, ...] | None = field(default=None, compare=False, repr=False)


def _stays(gold: Label, order: Sequence[int], moved: Mapping[Span, Span]) -> Label:
    return gold


def surer(label: Label, keeps: Keeps) -> Label:
    """The classes that are told, perhaps none."""
    scores = label.scores or (None,) * len(label.names)
    kept = [pair for pair in zip(label.names, scores, strict=True) if keeps(*pair)]
    names, told = tuple(name for name, _ in kept), tuple(score for _, score in kept if score is not None)
    return replace(label, names=names, scores=None if label.scores is None else told)


def table(shown: Shown) -> list[Part]:
    """The text, or both, and the labels with their scores."""
    texts = [line(shown[key], "bold") for key in TEXTS if key in shown]
    named = [
        Line((Cell(f"  {label['label']}", "cyan"), Cell("  "), Cell(confidence(label.get("score")))))
        for label in shown["labels"]
    ]
    return [*texts, *(named or [line("  no label", "dim")])]


KIND = AnswerKind(
    answer=Label,
    table=table,
    noise=Noise(spans=lambda gold: (), follow=_stays),
    surer=surer,
    classes=lambda label: [("class", name) for name in label.names],
)

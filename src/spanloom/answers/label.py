"""The classes of a whole input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spanloom.answers.parts.drawing import TEXTS, Shown
from spanloom.answers.parts.kind import AnswerKind, Noise
from spanloom.answers.parts.table import Cell, Line, Part, confidence, line
from spanloom.core import Label, Span


def _stays(gold: Label, order: Sequence[int], moved: Mapping[Span, Span]) -> Label:
    return gold


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
    classes=lambda label: [("class", name) for name in label.names],
)

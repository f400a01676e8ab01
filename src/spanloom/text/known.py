"""Gold labels that a model was never trained on: it is bound to miss their facts, and who wants an error gets one."""

from __future__ import annotations

from collections.abc import Sequence

from spanloom.core import Source
from spanloom.errors import DataError

SHOWN = 8
"""Known labels that an error names."""


def few_of(labels: Sequence[str]) -> str:
    """The first of these labels, listed, with an ellipsis where there are more."""
    return ", ".join(labels[:SHOWN]) + (", …" if len(labels) > SHOWN else "")


def refuse_unknown(unknown: Sequence[tuple[str, str]], known: Sequence[str], source: Source) -> None:
    """Raises DataError, citing the line, for the first of these labels, if there is one.

    unknown: kind ("label", "relation", …) and label of each fact; known: the labels of that kind in training.
    """
    for kind, label in unknown:
        raise DataError(
            str(source),
            f"unknown {kind} '{label}'",
            f"one that the model was trained on ({few_of(known)})",
            "Correct the label, train with data that has it, or set data.unknown_labels = 'missed'.",
        )

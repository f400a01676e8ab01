"""`--threshold 0.7 --threshold LABEL=0.8`: how sure an answer must be of a fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from spanloom.errors import ConfigError

Thresholds = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        metavar="[LABEL=]SCORE",
        help="Leave out facts that score less, in 0..1: of all labels, or of one. May be given several times.",
    ),
]


def thresholds(values: Sequence[str]) -> dict[str, float]:
    """What was typed, by label. Raises ConfigError for what is no number, and for a label that is given twice."""
    from spanloom.decode.threshold import ALL, HERE, REMEDY

    found: dict[str, float] = {}
    for value in values:
        label, sign, number = value.rpartition("=")
        key = label if sign else ALL
        if not key:
            raise ConfigError(HERE, f"no label before the '=' of '{value}'", "LABEL=0.8, or 0.8", "Name a label.")
        if key in found:
            of = f"label '{label}'" if sign else "all labels"
            raise ConfigError(HERE, f"is given twice for {of}", "one number each", "Leave one out.")
        try:
            found[key] = float(number)
        except ValueError:
            raise ConfigError(HERE, f"'{number}' of '{value}' is no number", "one from 0 to 1", REMEDY) from None
    return found

"""Every scorecard is of as many predictions as there are examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spanloom.errors import DataError
from spanloom.text.counts import several


def require_one_each(examples: Sequence[Any], predictions: Sequence[Any], what: str) -> None:
    """Raise DataError where there is not one prediction an example; `what` is what the task calls an example."""
    if len(examples) != len(predictions):
        found = f"{several(len(predictions), 'prediction')} for {several(len(examples), what)}"
        expected = f"one {'an' if what[0] in 'aeiou' else 'a'} {what}"
        raise DataError("scorecard", found, expected, "Give the predictions of these very examples, in their order.")

"""What spaCy says of the classes of a text: a number for each, of which half or more means that the text is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.answers.label import Label
from spanloom.read.parts.json_items import of_kind, shown
from spanloom.read.parts.offsets import class_name

HALF = 0.5


def classes_of(cats: Mapping[str, Any], where: str) -> Label:
    """The classes of a text. Raises DataError for what is no number."""
    says = {class_name(name, where, "a class"): _number(name, value, where) for name, value in cats.items()}
    return Label(tuple(sorted(name for name, value in says.items() if value >= HALF)))


def _number(name: str, value: Any, where: str) -> float:
    return float(value) if isinstance(value, bool) else of_kind(value, float, where, f"the number of {shown(name)}")

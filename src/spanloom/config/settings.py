"""A field of a configuration's table: its default, and beside it in one line what it means."""

from __future__ import annotations

from dataclasses import field
from typing import TypeVar

T = TypeVar("T")


def setting(default: T, meaning: str) -> T:
    """A dataclass field: `epochs: Epochs = setting(20, "passes over the training data")`.

    Its type says what it may be. `spanloom settings` and docs/settings.md print the meaning.
    """
    return field(default=default, metadata={"meaning": meaning})

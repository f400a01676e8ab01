"""What becomes of a text that is to be answered: an answer, or an error in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from spanloom.core import Row
from spanloom.errors import DataError, SpanloomError
from spanloom.text.windows import Window

CHUNK = 256
"""Rows that are held at once; a stream of any length needs no more memory than this many."""

Errors = Literal["raise", "return"]
"""What a text that fails is to do: raise its error when its turn comes, or stand in its place as that error."""

More = Callable[[], bool]
"""Whether another text is at hand, without waiting for it."""

Device = Literal["auto", "cpu", "cuda"]
"""Where a network is run: "auto" is a GPU for a run folder where there is one, and the processor for a bundle."""

HERE = "predict"
"""Where an error is that knows of no place among the texts."""


def always() -> bool:
    """There is always another text, or the end of them."""
    return True


def numbered(index: int) -> str:
    """What an error calls the text of that index."""
    return f"text {index + 1} (index {index})"


@dataclass(frozen=True, slots=True)
class Work:
    """An input on its way to its answer: its windows, in tokens (None where it is never cut), and its encoded rows."""

    item: Any
    places: Sequence[Window] | None
    rows: Sequence[Row]


def placed(error: Exception, where: str) -> SpanloomError:
    """An error as one that can stand in place of an answer; it keeps its own place where it has one."""
    if not isinstance(error, SpanloomError):
        found = f"the model failed with {type(error).__name__}: {error}"
        made = DataError(where, found, "an answer", "Leave this text out, and report it as a bug in spanloom.")
    elif error.where == HERE:
        made = DataError(where, error.found, error.expected, error.remedy)
    else:
        return error
    made.__cause__ = error
    return made

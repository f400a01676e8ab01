"""What fits into memory: a micro-batch that does not is halved, which leaves the update what it was."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import torch

from spanloom.core import Row
from spanloom.errors import ConfigError

_SIGNS = ("out of memory", "not enough memory", "DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED")
"""What PyTorch and its libraries say, on any device, when they cannot have the memory they ask for."""


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def free_memory() -> None:
    """Give back what a failed pass held, so that a smaller one can have it."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class Room:
    """Remembers the micro-batches that did not fit, so that later ones like them are cut before they fail.

    A micro-batch is like a failed one if its sentences are as long and it holds more padded tokens than half of it did.
    Shorter sentences may still fit, as memory can grow with the square of the length.
    """

    def __init__(self) -> None:
        self._limits: list[tuple[int, int]] = []  # (longest, padded tokens that are tried at most)
        self._news = ""

    def cut(self, rows: Sequence[Row]) -> list[Sequence[Row]]:
        """The rows in as few parts, each half of another, as may fit."""
        longest = max(row.length for row in rows)
        if len(rows) > 1 and any(longest >= length and longest * len(rows) > most for length, most in self._limits):
            return [part for half in _halves(rows) for part in self.cut(half)]
        return [rows]

    def halve(self, rows: Sequence[Row], where: str) -> list[Sequence[Row]]:
        """The two halves of what did not fit. Raises ConfigError, naming `where`, if that was a single row."""
        longest = max(row.length for row in rows)
        if len(rows) == 1:
            raise ConfigError(
                where,
                f"one example of length {longest} does not fit into memory by itself",
                "room for the longest example",
                "Cut long examples, make the model smaller, or end other programs that hold memory.",
            )
        halves = _halves(rows)
        if not self._limits:
            self._news = (
                f"Out of memory: {len(rows)} examples of up to length {longest} do not fit at once. From now on such a "
                "micro-batch is computed in parts, with the same update but for rounding and which units drop out. "
                "A lower train.batch_tokens or train.batch_size spares the failed attempts."
            )
        self._limits.append((longest, longest * len(halves[0])))
        return halves

    def take_news(self) -> str:
        """What the person who watches has to be told, once; nothing afterwards."""
        news, self._news = self._news, ""
        return news


def _halves(rows: Sequence[Row]) -> list[Sequence[Row]]:
    middle = (len(rows) + 1) // 2
    return [rows[:middle], rows[middle:]]

"""How much of the files that `predict` reads was read so far."""

from __future__ import annotations

from collections.abc import Callable


def _nothing() -> int:
    return 0


class Gauge:
    """Files that are read one after the other. total: the bytes of all of them."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self._before = 0
        self._now: Callable[[], int] = _nothing

    def begin(self, taken: Callable[[], int]) -> None:
        """A file is opened. taken: how many of its bytes were read so far."""
        self._now = taken

    def end(self, size: int) -> None:
        """That file, of so many bytes, is read."""
        self._before, self._now = self._before + size, _nothing

    def share(self) -> float | None:
        """The part of the bytes that was read, in 0..1; None where there is no telling."""
        return min((self._before + self._now()) / self.total, 1.0) if self.total else None

"""What a format could not hold: what kind of thing, how many, and where the first of them stands."""

from __future__ import annotations

from typing import NamedTuple

from spanloom.core import Source
from spanloom.text.counts import several


class Loss(NamedTuple):
    """Things of one kind, by a noun in the singular that `text.counts` makes a plural of, and the first of them."""

    what: str
    times: int
    source: Source
    case: str

    def __str__(self) -> str:
        case = f": {self.case}" if self.case else ""
        return f"{several(self.times, self.what)}, the first at {self.source}{case}"


class Ledger:
    """Losses by their kind."""

    def __init__(self) -> None:
        self._losses: dict[str, Loss] = {}

    def lose(self, what: str, source: Source, case: str = "", count: int = 1) -> None:
        """Enter something that is lost. what: a noun in the singular. case: the thing itself, in a few words."""
        found = self._losses.get(what)
        self._losses[what] = found._replace(times=found.times + count) if found else Loss(what, count, source, case)

    @property
    def losses(self) -> list[Loss]:
        """The most frequent first."""
        return sorted(self._losses.values(), key=lambda loss: -loss.times)

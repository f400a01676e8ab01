"""The top of a scorecard's page, as plain data that `write/` renders: tiles with the main scores, then tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Tile(NamedTuple):
    """One of the main scores: its name, the number, and what there is to say of it."""

    name: str
    value: str
    about: str


class Share(NamedTuple):
    """A cell that is drawn as a bar too: a part of 100, as it is written."""

    percent: str


@dataclass(frozen=True)
class Sheet:
    """A table. The first cell of a row heads it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str | Share, ...], ...]


@dataclass(frozen=True)
class Section:
    """Tables under a title. folded: the reader opens them; beside: one next to the other."""

    title: str
    sheets: tuple[Sheet, ...]
    folded: bool = True
    beside: bool = False


@dataclass(frozen=True)
class Summary:
    """about: what was scored; remarks: sentences below the tiles."""

    about: str
    tiles: tuple[Tile, ...]
    remarks: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()

"""What a terminal shows, as plain data that `write/` renders: lines, tables, and the sentences with most errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """Text and how it looks, as words: "bold", "dim", "italic", a colour. shorten: where very long, as names."""

    text: str
    style: str = ""
    shorten: bool = False


@dataclass(frozen=True)
class Line:
    """Pieces of text, one behind the other on one line."""

    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table. An empty row ends a section; texts: which columns hold text, the others numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: tuple[int, ...] = (0,)
    caption: str = ""


@dataclass(frozen=True)
class Worst:
    """The sentences with most errors, as a scorecard has them under `errors.worst`."""

    sentences: Sequence[Mapping[str, Any]]


Part = Line | Grid | Worst


def line(text: str, style: str = "") -> Line:
    return Line((Cell(text, style),))


def name(text: str, style: str = "") -> Cell:
    """A label or another name of the user's."""
    return Cell(text, style, shorten=True)


def confidence(score: float | None) -> str:
    """A score of an answer, nothing where it has none."""
    return "" if score is None else f"{score:.2f}"


def percent(part: float) -> str:
    return f"{100 * part:.1f}"


def fields_table(shown: Mapping[str, Any]) -> list[Part]:
    """What is shown, field by field."""
    rows = tuple((Cell(key, "cyan"), Cell(str(value))) for key, value in shown.items())
    return [Grid("", ("", ""), rows, texts=(0, 1))]

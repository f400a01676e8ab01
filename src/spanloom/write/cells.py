"""Cells, tables and parts of answers on a terminal. Cells are rich Text, as texts of users may look like markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text as Cell

from spanloom.answers.parts.table import Cell as Piece
from spanloom.answers.parts.table import Grid, Line, Part, Worst
from spanloom.errors import shortened
from spanloom.write.escapes import visible
from spanloom.write.terminal import terminal

WORST_SHOWN = 3
ERRORS_SHOWN = 8

LONGEST_LABEL = 80
LONGEST_LINE = 600
"""Characters that are shown of a label, and of a line that is not itself the answer."""

Card = Mapping[str, Any]


def make_table(title: str, columns: Sequence[str], texts: Sequence[int] = (0,)) -> Table:
    """A table; texts: which of its columns hold text, the others numbers."""
    heading = f"\n{title}" if title else None
    table = Table(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, collapse_padding=True)
    table.show_edge = table.pad_edge = False
    table.caption_justify = "left"
    for number, name in enumerate(columns):
        fits = number in texts
        table.add_column(name, justify="left" if fits else "right", no_wrap=not fits, overflow="fold")
    return table


def clean(text: str) -> str:
    """Text on one line, what a terminal would act upon as escapes."""
    return visible(text.replace("\n", " ").replace("\t", " "))


def brief(text: str) -> str:
    """A line that is not itself the answer, cut where it is very long."""
    return shortened(clean(text), LONGEST_LINE)


def cell(text: str, style: str = "") -> Cell:
    return Cell(clean(text), style=style)


def name_cell(name: str, style: str = "") -> Cell:
    """A label or another name of the user's, cut where it is very long."""
    return Cell(shortened(clean(name), LONGEST_LABEL), style=style)


def rendered(part: Part) -> Iterable[RenderableType]:
    """A part of an answer or of a scorecard."""
    match part:
        case Line(cells):
            yield Cell("").join(_piece(piece) for piece in cells)
        case Grid(title, heads, rows, texts, caption):
            table = make_table(title, heads, texts)
            table.caption = caption or None
            for row in rows:
                if row:
                    table.add_row(*map(_piece, row))
                else:
                    table.add_section()
            yield table
        case Worst(sentences):
            yield from _worst(sentences)


def _piece(piece: Piece) -> Cell:
    return (name_cell if piece.shorten else cell)(piece.text, piece.style)


def _worst(sentences: Sequence[Card]) -> Iterable[RenderableType]:
    """The first of the sentences with most errors, each with its first few."""
    if sentences:
        yield Cell("\nSentences with most errors", style="bold")
    for sentence in sentences[:WORST_SHOWN]:
        yield Cell.assemble((brief(sentence["source"]), "dim"), "  ", brief(sentence["text"]))
        grid = Table.grid(padding=(0, 2))
        for error in sentence["errors"][:ERRORS_SHOWN]:
            sides = [f"{side:<9}  {brief(error[side])}" for side in ("gold", "predicted") if error[side]]
            grid.add_row(name_cell(f"  {error['type']}", "yellow"), Cell("\n".join(sides)))
        if len(sentence["errors"]) > ERRORS_SHOWN:
            grid.add_row("", Cell(f"and {len(sentence['errors']) - ERRORS_SHOWN} more", style="dim"))
        yield grid


def print_parts(parts: Iterable[RenderableType], console: Console | None) -> None:
    """Print one below the other; `console` defaults to the terminal."""
    screen = console or terminal()
    for part in parts:
        screen.print(part)
    screen.print()

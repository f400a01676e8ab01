"""Cells and tables for a terminal. Cells are rich Text, as labels and texts of users may look like markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text as Cell

from spanloom.errors import shortened
from spanloom.text.counts import several
from spanloom.write.escapes import visible
from spanloom.write.terminal import terminal

MOST_LABELS = 25
WORST_SHOWN = 3
ERRORS_SHOWN = 8

LONGEST_LABEL = 80
LONGEST_LINE = 600
"""Characters that are shown of a label, and of a line that is not itself the answer."""

Card = Mapping[str, Any]


def make_table(title: str, columns: Sequence[str], left: int = 1) -> Table:
    """A table whose first `left` columns hold text, and the others numbers."""
    heading = f"\n{title}" if title else None
    table = Table(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, collapse_padding=True)
    table.show_edge = table.pad_edge = False
    table.caption_justify = "left"
    for number, name in enumerate(columns):
        fits = number < left or name == "Label"
        table.add_column(name, justify="left" if fits else "right", no_wrap=not fits, overflow="fold")
    return table


def prf(score: Card) -> tuple[str, str, str]:
    """Precision, recall and F1 in percent."""
    return percent(score["precision"]), percent(score["recall"]), percent(score["f1"])


def percent(part: float) -> str:
    return f"{100 * part:.1f}"


def confidence(score: float | None) -> str:
    """A score of an answer, nothing where it has none."""
    return "" if score is None else f"{score:.2f}"


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


def labels_table(title: str, what: str, labels: Mapping[str, Card]) -> Table:
    """Scores by label, those of the most frequent ones; `what` heads the labels."""
    table = make_table(title, (what, "P", "R", "F1", "pred.", "gold"))
    ordered = sorted(labels.items(), key=lambda item: (-item[1]["gold"], item[0]))
    for label, score in ordered[:MOST_LABELS]:
        table.add_row(name_cell(label), *prf(score), f"{score['predicted']:,}", f"{score['gold']:,}")
    if len(ordered) > MOST_LABELS:
        table.caption = f"and {several(len(ordered) - MOST_LABELS, 'rarer label')}, in the saved scorecard"
    return table


def breakdown_table(title: str, breakdown: Mapping[str, Mapping[str, Card]]) -> Table:
    """Scores by bin, a section for each way to part the facts."""
    table = make_table(title, ("", "P", "R", "F1", "pred.", "gold"))
    for name, bins in breakdown.items():
        table.add_row(name_cell(name, "italic"))
        for key, score in bins.items():
            table.add_row(name_cell(f"  {key}"), *prf(score), f"{score['predicted']:,}", f"{score['gold']:,}")
        table.add_section()
    return table


def worst(sentences: Sequence[Card]) -> Iterable[RenderableType]:
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

"""What a scorecard says of its answers' scores (metrics.reliability), for a terminal and for its page. In percent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.summary import Section, Sheet, Summary
from spanloom.answers.parts.table import Cell, Grid, Part, name, percent

Card = Mapping[str, Any]

TITLE = "Do scores mean what they say"
HEADS = ("", "mean score", "correct", "ECE", "ECE before", "pred.")
CAPTION = "ECE: how far scores and the part that is correct are apart; before: of the network's own scores"


def reliability_parts(card: Card) -> Iterator[Part]:
    """For a terminal; nothing of a card of answers without scores."""
    if card.get("reliability"):
        rows = tuple((name(kind), *map(Cell, cells)) for kind, *cells in _rows(card))
        yield Grid(TITLE, HEADS, rows, caption=CAPTION)


def with_reliability(card: Card, summary: Summary) -> Summary:
    """The top of the page, with a table of it where there are scores."""
    if not card.get("reliability"):
        return summary
    section = Section(TITLE, (Sheet(HEADS, tuple(_rows(card))),))
    return replace(summary, sections=(*summary.sections, section))


def _rows(card: Card) -> Iterator[tuple[str, ...]]:
    for kind, found in card["reliability"].items():
        before = "" if found["error_before"] is None else percent(found["error_before"])
        shares = (percent(found[key]) for key in ("confidence", "precision", "error"))
        yield kind.capitalize(), *shares, before, f"{found['predicted']:,}"

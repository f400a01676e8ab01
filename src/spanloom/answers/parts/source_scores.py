"""What a scorecard says of each of several sources: their main scores side by side. Scores are in percent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from spanloom.answers.parts.summary import Section, Sheet, Summary
from spanloom.answers.parts.table import Cell, Grid, Part, name

Card = Mapping[str, Any]
Summarize = Callable[[Card], Summary]

TITLE = "By source, each by what it annotates"


def source_parts(card: Card, summarize: Summarize) -> Iterator[Part]:
    """For a terminal; nothing of a card of one data set."""
    if card.get("sources"):
        heads, rows = _table(card, summarize)
        yield Grid(TITLE, heads, tuple((name(row[0]), *map(Cell, row[1:])) for row in rows))


def with_sources(card: Card, summarize: Summarize) -> Summary:
    """The top of the page, with a table of the sources where there are several."""
    summary = summarize(card)
    if not card.get("sources"):
        return summary
    section = Section(TITLE, (Sheet(*_table(card, summarize)),), folded=False)
    return replace(summary, sections=(section, *summary.sections))


def _table(card: Card, summarize: Summarize) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The tiles of each source's own page, side by side."""
    summaries = {source: summarize(own) for source, own in card["sources"].items()}
    tiles = list(dict.fromkeys(tile.name for summary in summaries.values() for tile in summary.tiles))
    rows = []
    for source, summary in summaries.items():
        values = {tile.name: tile.value for tile in summary.tiles}
        rows.append((source, *(values.get(tile, "") for tile in tiles)))
    return ("", *tiles), tuple(rows)

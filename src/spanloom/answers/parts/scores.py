"""Scores by label and by kind, as a terminal and as a page show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.answers.parts.summary import Section, Share, Sheet
from spanloom.answers.parts.table import Cell, Grid, name, percent
from spanloom.text.counts import several

MOST_LABELS = 25
"""Labels that a terminal shows: the most frequent ones."""

Score = Mapping[str, Any]
Scores = Mapping[str, Score]


def prf(score: Score) -> tuple[str, str, str]:
    """Precision, recall and F1 in percent."""
    return percent(score["precision"]), percent(score["recall"]), percent(score["f1"])


def prf_shares(score: Score) -> tuple[str, str, Share]:
    """The same, the last drawn as a bar too."""
    precision, recall, f1 = prf(score)
    return precision, recall, Share(f1)


def labels_grid(title: str, what: str, labels: Scores) -> Grid:
    """Scores by label, those of the most frequent ones; `what` heads the labels."""
    ordered = sorted(labels.items(), key=lambda item: (-item[1]["gold"], item[0]))
    rows = tuple(_row(label, score) for label, score in ordered[:MOST_LABELS])
    rest = len(ordered) - MOST_LABELS
    caption = f"and {several(rest, 'rarer label')}, in the saved scorecard" if rest > 0 else ""
    return Grid(title, (what, "P", "R", "F1", "pred.", "gold"), rows, caption=caption)


def breakdown_grid(title: str, breakdown: Mapping[str, Scores]) -> Grid:
    """Scores by bin, a section for each way to part the facts."""
    rows: list[tuple[Cell, ...]] = []
    for way, bins in breakdown.items():
        rows += [(name(way, "italic"),), *(_row(f"  {key}", score) for key, score in bins.items()), ()]
    return Grid(title, ("", "P", "R", "F1", "pred.", "gold"), tuple(rows))


def _row(title: str, score: Score) -> tuple[Cell, ...]:
    return name(title), *map(Cell, (*prf(score), f"{score['predicted']:,}", f"{score['gold']:,}"))


def labels_section(title: str, labels: Scores) -> Section:
    """Scores by label, the most frequent first."""
    ordered = dict(sorted(labels.items(), key=lambda item: -item[1]["gold"]))
    return Section(title, (_sheet("label", ordered),))


def breakdown_section(title: str, breakdown: Mapping[str, Scores]) -> Section:
    """Scores by bin, a table for each way to part the facts."""
    return Section(title, tuple(_sheet(way, bins) for way, bins in breakdown.items()), beside=True)


def _sheet(what: str, scores: Scores) -> Sheet:
    rows = tuple(
        (title, *prf_shares(score), f"{score['predicted']:,}", f"{score['gold']:,}") for title, score in scores.items()
    )
    return Sheet((what, "precision", "recall", "F1", "predicted", "gold"), rows)

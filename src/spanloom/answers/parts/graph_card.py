"""The scorecard of graphs (metrics.scorecard), for a terminal and for the top of its page. Scores are in percent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from spanloom.answers.parts.scores import (
    breakdown_grid,
    breakdown_section,
    labels_grid,
    labels_section,
    prf,
    prf_shares,
)
from spanloom.answers.parts.summary import Section, Share, Sheet, Summary, Tile
from spanloom.answers.parts.table import Cell, Grid, Part, Worst, line, name, percent
from spanloom.text.counts import plural, several

Card = Mapping[str, Any]

KINDS = (("entities", "Entities"), ("triples", "Triples"))


def graph_card(card: Card) -> list[Part]:
    """The parts in the order in which they are read."""
    size = card["size"]
    about = f"{gold_size(size)}."
    if size["lost"]:
        about += f" {missed(size['lost'])}."
    if card["by_text"]:
        about += " The gold was given as text, so facts are compared by their text."
    return [
        line(about),
        _rules_grid(card),
        labels_grid("Entity labels", "Entity", card["labels"]["entities"]),
        labels_grid("Relation labels", "Relation", card["labels"]["triples"]),
        breakdown_grid("Triples by", card["breakdown"]),
        _errors_grid(card["errors"]),
        Worst(card["errors"]["worst"]),
    ]


def graph_summary(card: Card) -> Summary:
    """The top of the page: two tiles, the matching rules side by side, and the rest folded away."""
    size = card["size"]
    about = gold_size(size) + (f"; {missed(size['lost'])}" if size["lost"] else "")
    sections = (
        Section("By matching rule", (_rules_sheet(card),), folded=False),
        *(labels_section(f"{title} by label", card["labels"][kind]) for kind, title in KINDS),
        breakdown_section("Triples by sentence, distance and novelty", card["breakdown"]),
        Section("Types of error", tuple(_errors_sheet(card, *kind) for kind in KINDS), beside=True),
    )
    return Summary(f"{about}. Scores in percent.", tuple(_tile(card, *kind) for kind in KINDS), sections=sections)


def gold_size(size: Mapping[str, int]) -> str:
    """What the gold of a scorecard holds, in words."""
    sentences, entities, triples = (several(size[plural(noun)], noun) for noun in ("sentence", "entity", "triple"))
    return f"{sentences}, {entities} and {triples} in gold"


def missed(lost: int) -> str:
    """What became of gold facts without a place, in words."""
    return f"{several(lost, 'gold fact')} could not be located and {'counts' if lost == 1 else 'count'} as missed"


def _rules_grid(card: Card) -> Grid:
    rows = tuple(_rules_rows(card))
    return Grid("By matching rule", ("", "P", "R", "F1", "95% interval", "macro", "corr.", "pred.", "gold"), rows)


def _rules_rows(card: Card) -> Iterator[tuple[Cell, ...]]:
    for kind, title in KINDS:
        yield (Cell(title, "italic"),)
        for rule, score in card[kind].items():
            low, high = score["interval"]
            style = "bold" if rule == card["rule"] else ""
            counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
            interval = f"{percent(low)}-{percent(high)}"
            cells = (f"  {rule}", *prf(score), interval, percent(score["macro"]["f1"]), *counts)
            yield tuple(name(text, style) for text in cells)
        yield ()


def _errors_grid(errors: Card) -> Grid:
    entities, triples = ([(kind, f"{n:,}") for kind, n in errors[of].items()] for of in ("entities", "triples"))
    both = itertools.zip_longest(entities, triples, fillvalue=("", ""))
    rows = tuple(tuple(map(name, (*left, *right))) for left, right in both)
    return Grid("Errors", ("Entities", "", "Triples", ""), rows, texts=(0, 2))


def _tile(card: Card, kind: str, title: str) -> Tile:
    score = card[kind][card["rule"]]
    low, high = score["interval"]
    rule = "text of the facts" if card["by_text"] else card["rule"]
    return Tile(f"{title}, F1 ({rule})", percent(score["f1"]), f"95% between {percent(low)} and {percent(high)}")


def _rules_sheet(card: Card) -> Sheet:
    heads = ("", "precision", "recall", "F1", "95% interval", "macro F1", "correct", "predicted", "gold")
    rows: list[tuple[str | Share, ...]] = []
    for kind, title in KINDS:
        for rule, score in card[kind].items():
            low, high = score["interval"]
            counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
            interval = f"{percent(low)} to {percent(high)}"
            macro = percent(score["macro"]["f1"])
            rows.append((f"{title}, {rule}", *prf_shares(score), interval, macro, *counts))
    return Sheet(heads, tuple(rows))


def _errors_sheet(card: Card, kind: str, title: str) -> Sheet:
    rows = tuple((error, f"{count:,}") for error, count in card["errors"][kind].items())
    return Sheet((title, "errors"), rows)

"""Graphs and their scorecards as tables on a terminal, readable in 80 columns."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text as Cell

from spanloom.core import Graph, MarkedText, Relation, Text
from spanloom.text.counts import plural, several
from spanloom.write.cells import (
    Card,
    breakdown_table,
    cell,
    confidence,
    labels_table,
    make_table,
    name_cell,
    percent,
    prf,
    worst,
)


def scorecard_tables(scorecard: Card) -> list[RenderableType]:
    """The tables of a scorecard, in the order in which they are read. Scores are in percent."""
    size = scorecard["size"]
    about = f"{gold_size(size)}."
    if size["lost"]:
        about += f" {missed(size['lost'])}."
    if scorecard["by_text"]:
        about += " The gold was given as text, so facts are compared by their text."
    return [
        Cell(about),
        _rules_table(scorecard),
        labels_table("Entity labels", "Entity", scorecard["labels"]["entities"]),
        labels_table("Relation labels", "Relation", scorecard["labels"]["triples"]),
        breakdown_table("Triples by", scorecard["breakdown"]),
        _errors_table(scorecard["errors"]),
        *worst(scorecard["errors"]["worst"]),
    ]


def gold_size(size: Mapping[str, int]) -> str:
    """What the gold of a scorecard holds, in words."""
    sentences, entities, triples = (several(size[plural(noun)], noun) for noun in ("sentence", "entity", "triple"))
    return f"{sentences}, {entities} and {triples} in gold"


def missed(lost: int) -> str:
    """What became of gold facts without a place, in words."""
    return f"{several(lost, 'gold fact')} could not be located and {'counts' if lost == 1 else 'count'} as missed"


def relation_tables(item: MarkedText, relation: Relation) -> list[RenderableType]:
    """The text, and its head and tail with what they are to one another."""
    table = make_table("", ("Head", "Relation", "Tail", "Score"), left=3)
    head, tail = (item.text.surface(span) for span in (item.head, item.tail))
    table.add_row(cell(head), cell(relation.label, "cyan"), cell(tail), confidence(relation.score))
    return [cell(item.text.text, "bold"), Cell(""), table]


def graph_tables(text: Text, graph: Graph) -> list[RenderableType]:
    """The text, a table of entities in the order of the text, and a table of triples, each with its scores."""
    parts: list[RenderableType] = [cell(text.text, "bold")]
    if not graph.spans:
        return [*parts, Cell("no entities found", style="dim")]
    entities = make_table("", ("Entity", "Label", "Score"))
    for span in sorted(graph.spans, key=lambda span: (span.start, span.end, span.label)):
        entities.add_row(cell(text.surface(span)), cell(span.label, "cyan"), confidence(span.score))
    parts += [Cell(""), entities]
    if graph.relations:
        triples = make_table("", ("Head", "Relation", "Tail", "Score"), left=3)
        for relation in sorted(graph.relations, key=lambda r: (r.head.start, r.tail.start, r.label)):
            head, tail = cell(text.surface(relation.head)), cell(text.surface(relation.tail))
            triples.add_row(head, cell(relation.label, "magenta"), tail, confidence(relation.score))
        parts += [Cell(""), triples]
    return parts


def _rules_table(card: Card) -> Table:
    table = make_table("By matching rule", ("", "P", "R", "F1", "95% interval", "macro", "corr.", "pred.", "gold"))
    for kind, name in (("entities", "Entities"), ("triples", "Triples")):
        table.add_row(Cell(name, style="italic"))
        for rule, score in card[kind].items():
            low, high = score["interval"]
            style = "bold" if rule == card["rule"] else ""
            counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
            interval = f"{percent(low)}-{percent(high)}"
            cells = (f"  {rule}", *prf(score), interval, percent(score["macro"]["f1"]), *counts)
            table.add_row(*(name_cell(text, style) for text in cells))
        table.add_section()
    return table


def _errors_table(errors: Card) -> Table:
    table = make_table("Errors", ("Entities", "", "Triples", ""))
    table.columns[2].justify = "left"
    entities, triples = ([(name, f"{n:,}") for name, n in errors[kind].items()] for kind in ("entities", "triples"))
    for left, right in itertools.zip_longest(entities, triples, fillvalue=("", "")):
        table.add_row(*map(name_cell, (*left, *right)))
    return table

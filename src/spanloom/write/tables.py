"""Scores and answers as tables on a terminal, readable in 80 columns.

Every cell is built as rich Text: labels and texts are the user's own and may look like markup.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text as Cell

from spanloom.core import Graph, Text

MOST_LABELS = 25
WORST_SHOWN = 3
ERRORS_SHOWN = 8

# A terminal acts on control characters; what is not text is shown as a replacement mark.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Card = Mapping[str, Any]


def print_scorecard(scorecard: Card, console: Console | None = None) -> None:
    """Print a scorecard of the joint task; `console` defaults to the terminal."""
    _print(scorecard_tables(scorecard), console)


def scorecard_tables(scorecard: Card) -> list[RenderableType]:
    """The tables of a scorecard, in the order in which they are read. Scores are in percent."""
    size = scorecard["size"]
    about = f"{size['sentences']:,} sentences, {size['entities']:,} entities and {size['triples']:,} triples in gold."
    if size["lost"]:
        about += f" {size['lost']:,} gold facts could not be located and count as missed."
    if scorecard["by_text"]:
        about += " The gold was given as text, so facts are compared by their text."
    return [
        Cell(about),
        _rules_table(scorecard),
        _labels_table("Entity", scorecard["labels"]["entities"]),
        _labels_table("Relation", scorecard["labels"]["triples"]),
        _breakdown_table(scorecard["breakdown"]),
        _errors_table(scorecard["errors"]),
        *_worst(scorecard["errors"]["worst"][:WORST_SHOWN]),
    ]


def print_comparison(comparison: Card, console: Console | None = None) -> None:
    """Print what `compare_scorecards` found."""
    table = _table("F1, A and B", ("", "A", "B", "B - A", "95% interval", "p"))
    sentences = []
    for kind, name in (("entities", "Entities"), ("triples", "Triples")):
        test = comparison[kind]
        change = f"{100 * test['difference']:+.1f}"
        interval = f"{100 * test['low']:+.1f} to {100 * test['high']:+.1f}"
        sure = test["p_value"] < 0.05
        p = Cell(f"{test['p_value']:.3f}", style="bold" if sure else "")
        table.add_row(name, _percent(test["f1_a"]), _percent(test["f1_b"]), change, interval, p)
        better = "B is better" if test["difference"] > 0 else "A is better"
        sentences.append(f"{name}: {better if sure else 'no difference that chance would not explain'}.")
    about = f"Paired bootstrap over {comparison['size']['sentences']:,} sentences, matching rule: {comparison['rule']}."
    _print([table, Cell(" ".join(sentences)), Cell(about, style="dim")], console)


def print_graph(text: Text, graph: Graph, console: Console | None = None) -> None:
    """Print one answer: the text, its entities and its triples."""
    _print(graph_tables(text, graph), console)


def graph_tables(text: Text, graph: Graph) -> list[RenderableType]:
    """The text, a table of entities in the order of the text, and a table of triples, each with its scores."""
    parts: list[RenderableType] = [_cell(text.text, "bold")]
    if not graph.spans:
        return [*parts, Cell("no entities found", style="dim")]
    entities = _table("", ("Entity", "Label", "Score"))
    for span in sorted(graph.spans, key=lambda span: (span.start, span.end, span.label)):
        entities.add_row(_cell(text.surface(span)), _cell(span.label, "cyan"), _score(span.score))
    parts += [Cell(""), entities]
    if graph.relations:
        triples = _table("", ("Head", "Relation", "Tail", "Score"), left=3)
        for relation in sorted(graph.relations, key=lambda r: (r.head.start, r.tail.start, r.label)):
            head, tail = _cell(text.surface(relation.head)), _cell(text.surface(relation.tail))
            triples.add_row(head, _cell(relation.label, "magenta"), tail, _score(relation.score))
        parts += [Cell(""), triples]
    return parts


def _rules_table(card: Card) -> Table:
    table = _table("By matching rule", ("", "P", "R", "F1", "95% interval", "macro", "corr.", "pred.", "gold"))
    for kind, name in (("entities", "Entities"), ("triples", "Triples")):
        table.add_row(Cell(name, style="italic"))
        for rule, score in card[kind].items():
            low, high = score["interval"]
            style = "bold" if rule == card["rule"] else ""
            counts = (f"{score[key]:,}" for key in ("tp", "predicted", "gold"))
            interval = f"{_percent(low)}-{_percent(high)}"
            cells = (f"  {rule}", *_prf(score), interval, _percent(score["macro"]["f1"]), *counts)
            table.add_row(*(Cell(cell, style=style) for cell in cells))
        table.add_section()
    return table


def _labels_table(what: str, labels: Mapping[str, Card]) -> Table:
    table = _table(f"{what} labels", (what, "P", "R", "F1", "pred.", "gold"))
    ordered = sorted(labels.items(), key=lambda item: (-item[1]["gold"], item[0]))
    for label, score in ordered[:MOST_LABELS]:
        table.add_row(_cell(label), *_prf(score), f"{score['predicted']:,}", f"{score['gold']:,}")
    if len(ordered) > MOST_LABELS:
        table.caption = f"and {len(ordered) - MOST_LABELS} rarer ones, in the saved scorecard"
    return table


def _breakdown_table(breakdown: Mapping[str, Mapping[str, Card]]) -> Table:
    table = _table("Triples by", ("", "P", "R", "F1", "pred.", "gold"))
    for name, bins in breakdown.items():
        table.add_row(Cell(name, style="italic"))
        for key, score in bins.items():
            table.add_row(f"  {key}", *_prf(score), f"{score['predicted']:,}", f"{score['gold']:,}")
        table.add_section()
    return table


def _errors_table(errors: Card) -> Table:
    table = _table("Errors", ("Entities", "", "Triples", ""))
    table.columns[2].justify = "left"
    entities, triples = ([(name, f"{n:,}") for name, n in errors[kind].items()] for kind in ("entities", "triples"))
    for left, right in itertools.zip_longest(entities, triples, fillvalue=("", "")):
        table.add_row(*left, *right)
    return table


def _worst(sentences: Sequence[Card]) -> Iterable[RenderableType]:
    if sentences:
        yield Cell("\nSentences with most errors", style="bold")
    for sentence in sentences:
        yield Cell.assemble((_clean(sentence["source"]), "dim"), "  ", _clean(sentence["text"]))
        grid = Table.grid(padding=(0, 2))
        for error in sentence["errors"][:ERRORS_SHOWN]:
            sides = [f"{side:<9}  {_clean(error[side])}" for side in ("gold", "predicted") if error[side]]
            grid.add_row(Cell(f"  {error['type']}", style="yellow"), Cell("\n".join(sides)))
        if len(sentence["errors"]) > ERRORS_SHOWN:
            grid.add_row("", Cell(f"and {len(sentence['errors']) - ERRORS_SHOWN} more", style="dim"))
        yield grid


def _table(title: str, columns: Sequence[str], left: int = 1) -> Table:
    heading = f"\n{title}" if title else None
    table = Table(title=heading, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, collapse_padding=True)
    table.show_edge = table.pad_edge = False
    table.caption_justify = "left"
    for number, name in enumerate(columns):
        fits = number < left or name == "Label"
        table.add_column(name, justify="left" if fits else "right", no_wrap=not fits, overflow="fold")
    return table


def _prf(score: Card) -> tuple[str, str, str]:
    return _percent(score["precision"]), _percent(score["recall"]), _percent(score["f1"])


def _percent(part: float) -> str:
    return f"{100 * part:.1f}"


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _clean(text: str) -> str:
    return _CONTROL.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))


def _cell(text: str, style: str = "") -> Cell:
    return Cell(_clean(text), style=style)


def _print(parts: Iterable[RenderableType], console: Console | None) -> None:
    screen = console or Console()
    for part in parts:
        screen.print(part)
    screen.print()

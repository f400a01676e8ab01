"""Scores and answers as tables on a terminal, whatever the answers are."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text as Cell

from spanloom.core import Frame, Graph, Label, Relation, Rewrite, Surprisal
from spanloom.text.counts import listed
from spanloom.write.cells import Card, cell, make_table, name_cell, print_parts
from spanloom.write.graph_tables import graph_tables, relation_tables, scorecard_tables
from spanloom.write.score_tables import frame_tables, label_tables, rewrite_tables, score_tables, tag_tables
from spanloom.write.surprisal_tables import surprisal_score_tables, surprisal_tables


def print_scorecard(scorecard: Card, console: Console | None = None) -> None:
    """Print a scorecard of any task; `console` defaults to the terminal."""
    if scorecard.get("answers") == "surprisal":
        parts = surprisal_score_tables(scorecard)
    else:
        parts = scorecard_tables(scorecard) if "triples" in scorecard else score_tables(scorecard)
    print_parts(parts, console)


def print_answer(item: Any, answer: Any, console: Console | None = None) -> None:
    """Print one input with its answer."""
    if isinstance(answer, Graph):
        parts = graph_tables(item, answer)
    elif isinstance(answer, Relation):
        parts = relation_tables(item, answer)
    elif isinstance(answer, Frame):
        parts = frame_tables(item, answer)
    elif isinstance(answer, Rewrite):
        parts = rewrite_tables(item, answer)
    elif isinstance(answer, Surprisal):
        parts = surprisal_tables(item, answer)
    else:
        parts = label_tables(item, answer) if isinstance(answer, Label) else tag_tables(item, answer)
    print_parts(parts, console)


def print_comparison(comparison: Card, console: Console | None = None) -> None:
    """Print what `compare_scorecards` found."""
    table = make_table("Scores of A and B", ("", "A", "B", "B - A", "95% interval", "p"))
    sentences = []
    for kind, test in comparison["tests"].items():
        name = kind[:1].upper() + kind[1:]
        scale, digits = (100, 1) if test.get("unit", "points") == "points" else (1, 3)
        shown = [f"{scale * test[key]:.{digits}f}" for key in ("a", "b")]
        change, *ends = (f"{scale * test[key]:+.{digits}f}" for key in ("difference", "low", "high"))
        sure = test["p_value"] < 0.05
        p = Cell(f"{test['p_value']:.3f}", style="bold" if sure else "")
        table.add_row(name_cell(name), *shown, change, " to ".join(ends), p)
        better = "B is better" if (test["difference"] > 0) == (test.get("better") != "lower") else "A is better"
        sentences.append(f"{name}: {better if sure else 'no difference that chance would not explain'}.")
    examples = listed(dict([next(iter(comparison["size"].items()))]))  # which every scorecard counts first
    about = f"Paired bootstrap over {examples}, matching rule: {comparison['rule']}."
    print_parts([table, cell(" ".join(sentences)), cell(about, "dim")], console)

"""Scores and answers as tables on a terminal, whatever the answers are."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text as Cell

from spanloom.answers import kind_of, kind_of_card
from spanloom.answers.parts.reliability import reliability_parts
from spanloom.answers.parts.source_scores import source_parts
from spanloom.answers.parts.table import Part
from spanloom.text.counts import listed, several
from spanloom.write.cells import Card, cell, make_table, name_cell, print_parts, rendered


def print_scorecard(scorecard: Card, console: Console | None = None) -> None:
    """Print a scorecard of any task; `console` defaults to the terminal."""
    kind = kind_of_card(scorecard)
    _print([*kind.card(scorecard), *reliability_parts(scorecard), *source_parts(scorecard, kind.summary)], console)


def print_answer(answer: Any, shown: Mapping[str, Any], console: Console | None = None) -> None:
    """Print an answer. shown: what a user sees of it with its input, as `Task.show` gives it."""
    _print(kind_of(answer).table(shown), console)


def _print(parts: Iterable[Part], console: Console | None) -> None:
    print_parts(itertools.chain.from_iterable(map(rendered, parts)), console)


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


def print_calibration(found: Card, console: Console | None = None) -> None:
    """Print what `run.calibrate` gave: the scores of a model on the data before and after, and how far they are off."""
    table = make_table(f"On {several(found['examples'], 'example')}", ("", "before", "after"))
    before, after = (_told(found[key]) for key in ("before", "after"))
    for name in dict.fromkeys([*before, *after]):
        table.add_row(name_cell(name), *(f"{100 * side[name]:.1f}" if name in side else "" for side in (before, after)))
    print_parts([table], console)


def _told(scorecard: Mapping[str, Any]) -> dict[str, float]:
    """The measures of a scorecard's summary, and the calibration error of each kind of fact; shares of 1."""
    summary = {name.replace("_", " "): value for name, value in scorecard.get("summary", {}).items()}
    kinds = scorecard.get("reliability", {}).items()
    return {**summary, **{f"calibration error, {kind}": row["error"] for kind, row in kinds}}

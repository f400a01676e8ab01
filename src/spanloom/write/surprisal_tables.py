"""How surprising texts were, and the scorecard of it, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text as Cell

from spanloom.core import Surprisal, Text
from spanloom.text.counts import listed
from spanloom.write.cells import Card, cell, clean, make_table, name_cell, worst

STRIKING = 2.0
"""How many times as surprising as the mean of its text a token is to be marked."""


def striking(bits: Sequence[float]) -> list[bool]:
    """Which tokens stand out from their text."""
    mean = sum(bits) / max(len(bits), 1)
    return [value > STRIKING * mean for value in bits]


def surprisal_tables(text: Text, answer: Surprisal) -> list[RenderableType]:
    """The text with what stands out in it marked, and its bits."""
    line = Cell("")
    at = 0
    for token, marked in zip(text.tokens, striking(answer.bits), strict=True):
        line.append(clean(text.text[at : token.start])).append(clean(token.text), style="bold yellow" if marked else "")
        at = token.end
    line.append(clean(text.text[at:]))
    total = sum(answer.bits)
    about = f"  {total:.1f} bits, {total / max(len(text.text), 1):.2f} a character"
    return [line, Cell(about, style="dim")]


def surprisal_score_tables(card: Card) -> list[RenderableType]:
    """The tables of a scorecard of surprisal in the order in which they are read."""
    size = listed(card["size"])
    table = make_table("Scores", ("", "value", "95% interval"))
    for title, score in card["overall"].items():
        style = "bold" if title == card["rule"] else ""
        table.add_row(*(name_cell(text, style) for text in (title, number(score["value"]), interval(score))))
    return [cell(f"{size}."), table, *worst(card["errors"]["worst"])]


def number(value: float) -> str:
    return f"{value:.4g}"


def interval(score: Mapping[str, Any]) -> str:
    """The interval of a score, nothing where it has none."""
    return " to ".join(map(number, score["interval"])) if "interval" in score else ""

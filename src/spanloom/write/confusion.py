"""Which label was taken for which: the confusion matrix of a scorecard as a picture, an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.write.svg import INK, SOFT, svg, text, upright

MOST = 40
"""Labels that have a row of their own; rarer ones share one."""

CELL = 30
LETTER = 6.7  # how wide a letter is at most, about, in the size that is used
LONGEST = 34
NONE = "(none)"
SIDES = ("gold", "predicted")

Matrix = list[list[int]]


def confusion_matrix(card: Mapping[str, Any]) -> tuple[list[str], Matrix] | None:
    """The labels of rows (gold) and columns (predicted), and the counts; None where a scorecard does not say them.

    Taken from `errors.confusions` and the table of `labels` that holds all the labels in it, in alphabetical order, so
    that the directions of a relation stand side by side. Of many labels the rarest share a row. A last row and column,
    "(none)", count what was predicted or in gold and stands against nothing else.
    """
    confusions = card.get("errors", {}).get("confusions")
    if confusions is None:
        return None
    named = {case[side] for case in confusions for side in SIDES}
    tables = card.get("labels", {}).values()
    table = next((table for table in tables if len(table) > 1 and named <= table.keys()), None)
    if table is None or not all({"found", "gold", "predicted"} <= score.keys() for score in table.values()):
        return None
    frequent = sorted(table, key=lambda name: (-table[name]["gold"], name))
    rare = len(frequent[MOST:])
    names = [*sorted(frequent[:MOST]), *([f"{rare} rarer labels"] if rare else []), NONE]
    place = {name: number for number, name in enumerate(names[:MOST])}
    place = {name: place.get(name, MOST) for name in frequent}
    counts = [[0] * len(names) for _ in names]
    unmatched = {side: {name: score[side] - score["found"] for name, score in table.items()} for side in SIDES}
    for name, score in table.items():
        counts[place[name]][place[name]] += score["found"]
    for case in confusions:
        counts[place[case["gold"]]][place[case["predicted"]]] += case["count"]
        for side in SIDES:
            unmatched[side][case[side]] -= case["count"]
    for name in table:
        counts[place[name]][-1] += max(unmatched["gold"][name], 0)
        counts[-1][place[name]] += max(unmatched["predicted"][name], 0)
    if not any(counts[-1]) and not any(row[-1] for row in counts):
        return names[:-1], [row[:-1] for row in counts[:-1]]
    return names, counts


def confusion_svg(card: Mapping[str, Any]) -> str | None:
    """The matrix drawn: a row a gold label, a column a predicted one, in each cell a count, shaded by its part of the
    row; what is right in blue, what is wrong in red. None where the scorecard has no matrix.
    """
    found = confusion_matrix(card)
    if found is None:
        return None
    names, counts = found
    shown = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names]
    margin = 40 + round(LETTER * max(map(len, shown)))
    top = margin + 16
    side = CELL * len(names)
    width, height = margin + side + 60, top + side + 44
    parts = [
        *(_row(name, row, number, margin, top) for number, (name, row) in enumerate(zip(shown, counts, strict=True))),
        *(_column(name, number, margin, top) for number, name in enumerate(shown)),
        text(margin + side / 2, top + side + 28, "predicted", SOFT, "middle"),
        text(margin + side + 8, top - 8, "sum", SOFT),
        upright(16, top + side / 2, "gold", SOFT, "middle"),
    ]
    title = "Confusion matrix: gold labels in rows, predicted ones in columns"
    return svg("confusion", title, (width, height), parts)


def _row(name: str, row: Sequence[int], number: int, margin: int, top: int) -> str:
    y = top + CELL * number
    total = sum(row)
    cells = [text(margin - 8, y + CELL / 2 + 4, name, INK, "end")]
    for column, count in enumerate(row):
        part = count / total if total else 0.0
        colour = "#1f5fd0" if column == number and name != NONE else "#b3261e"
        x = margin + CELL * column
        cells.append(
            f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}" fill="{colour}" '
            f'fill-opacity="{_shade(part):.3f}" stroke="#e4e7ec"/>'
        )
        if count:
            ink = "#ffffff" if _shade(part) > 0.55 else INK
            size = 11 if count < 1000 else 9 if count < 10_000 else 7
            cells.append(text(x + CELL / 2, y + CELL / 2 + 4, f"{count}", ink, "middle", size))
    cells.append(text(margin + CELL * len(row) + 8, y + CELL / 2 + 4, f"{total:,}", SOFT))
    return "\n".join(cells)


def _column(name: str, number: int, margin: int, top: int) -> str:
    return upright(margin + CELL * number + CELL / 2 + 4, top - 8, name, INK)


def _shade(part: float) -> float:
    """By the square root, so that a few in a hundred can still be seen."""
    return float(part**0.5) * 0.9

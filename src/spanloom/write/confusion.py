"""Which label was taken for which: the confusion matrix of a scorecard as a picture, an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.write.annotated import escape

MOST = 40
"""Labels that have a row of their own; rarer ones share one."""

CELL = 30
LETTER = 6.7  # how wide a letter is at most, about, in the size that is used
LONGEST = 34
NONE = "(none)"
SOFT, INK = "#5b6472", "#1d2129"

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
    named = {case[side] for case in confusions for side in ("gold", "predicted")}
    tables = card.get("labels", {}).values()
    table = next((table for table in tables if len(table) > 1 and named <= table.keys()), None)
    if table is None or not all({"found", "gold", "predicted"} <= score.keys() for score in table.values()):
        return None
    frequent = sorted(table, key=lambda name: (-table[name]["gold"], name))
    names = [*sorted(frequent[:MOST]), *frequent[MOST:]]
    place = {name: number for number, name in enumerate(names)}
    size = len(names)
    counts = [[0] * (size + 1) for _ in range(size + 1)]
    for name, score in table.items():
        counts[place[name]][place[name]] = score["found"]
    for case in confusions:
        counts[place[case["gold"]]][place[case["predicted"]]] += case["count"]
    for name, number in place.items():
        counts[number][size] = max(table[name]["gold"] - sum(counts[number]), 0)
        counts[size][number] = max(table[name]["predicted"] - sum(row[number] for row in counts), 0)
    names, counts = _gathered([*names, NONE], counts)
    if not any(counts[-1]) and not any(row[-1] for row in counts):
        return names[:-1], [row[:-1] for row in counts[:-1]]
    return names, counts


def _gathered(names: Sequence[str], counts: Matrix) -> tuple[list[str], Matrix]:
    """With the labels from number `MOST` on as one, where there are more."""
    rare = len(names) - 1 - MOST
    if rare <= 0:
        return list(names), counts
    groups = [*([number] for number in range(MOST)), range(MOST, MOST + rare), [MOST + rare]]
    gathered = [[sum(counts[i][j] for i in rows for j in columns) for columns in groups] for rows in groups]
    return [*names[:MOST], f"{rare} rarer labels", names[-1]], gathered


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
        f'<svg xmlns="http://www.w3.org/2000/svg" class="confusion" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="system-ui, sans-serif" font-size="12">',
        "<title>Confusion matrix: gold labels in rows, predicted ones in columns</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        *(_row(name, row, number, margin, top) for number, (name, row) in enumerate(zip(shown, counts, strict=True))),
        *(_column(name, number, margin, top) for number, name in enumerate(shown)),
        _text(margin + side / 2, top + side + 28, "predicted", SOFT, "middle"),
        _text(margin + side + 8, top - 8, "sum", SOFT),
        _upright(16, top + side / 2, "gold", SOFT, "middle"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _row(name: str, row: Sequence[int], number: int, margin: int, top: int) -> str:
    y = top + CELL * number
    total = sum(row)
    cells = [_text(margin - 8, y + CELL / 2 + 4, name, INK, "end")]
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
            cells.append(_text(x + CELL / 2, y + CELL / 2 + 4, f"{count}", ink, "middle", size))
    cells.append(_text(margin + CELL * len(row) + 8, y + CELL / 2 + 4, f"{total:,}", SOFT))
    return "\n".join(cells)


def _column(name: str, number: int, margin: int, top: int) -> str:
    return _upright(margin + CELL * number + CELL / 2 + 4, top - 8, name, INK)


def _shade(part: float) -> float:
    """By the square root, so that a few in a hundred can still be seen."""
    return float(part**0.5) * 0.9


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start", size: int = 12) -> str:
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
    return f"<text {place}>{escape(text)}</text>"


def _upright(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    """A text that reads from below."""
    return f'<g transform="translate({x:g} {y:g}) rotate(-90)">{_text(0, 0, text, colour, anchor)}</g>'

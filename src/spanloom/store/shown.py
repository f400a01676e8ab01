"""What a store gives as a table on a terminal: a line each, and the sentence under it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from spanloom.answers.parts.table import Cell, Line, Part, confidence
from spanloom.errors import shortened
from spanloom.store.kept import Fact, Label, Mention
from spanloom.write.cells import clean

WIDEST = 40
"""Characters of a name or a label that are shown."""

HEADS = {
    "facts": ("Head", "Relation", "Tail", "Score", "Document", "Model"),
    "mentions": ("Mention", "Label", "Score", "Document", "Model"),
    "labels": ("Label", "Score", "Document", "Model"),
}
STYLES = {"Relation": "magenta", "Label": "cyan", "Document": "dim", "Model": "dim"}


def parts(kind: str, rows: Sequence[Fact | Mention | Label]) -> list[Part]:
    """Lines whose columns are below one another; the model stands there where there are several."""
    heads = HEADS[kind]
    cells = [[shortened(clean(text), WIDEST) for text in _cells(row)] for row in rows]
    if len({line[-1] for line in cells}) < 2:
        heads, cells = heads[:-1], [line[:-1] for line in cells]
    widths = [max(cell_len(line[at]) for line in [heads, *cells]) for at in range(len(heads))]
    found: list[Part] = [Line(tuple(Cell(_padded(*pair), "bold") for pair in zip(heads, widths, strict=True)))]
    for line, row in zip(cells, rows, strict=True):
        styled = zip(line, widths, heads, strict=True)
        found.append(Line(tuple(Cell(_padded(text, width), STYLES.get(head, "")) for text, width, head in styled)))
        found.append(Line((Cell(f"  {row.sentence}", "dim"),)))
    return found


def _cells(row: Fact | Mention | Label) -> list[str]:
    return [*row.said(), confidence(row.score), row.origin.document, row.origin.model]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text) + 2)

"""What a notebook shows of answers and results: a page in a frame of its own, so that neither can touch the other."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from spanloom.answers import kind_of
from spanloom.answers.parts.drawing import Shown
from spanloom.answers.parts.summary import Sheet
from spanloom.write.annotated import escape
from spanloom.write.audit_tables import check_parts, print_check
from spanloom.write.html import prediction_page, tables_page
from spanloom.write.html_tables import summary_html, table_html
from spanloom.write.tables import print_scorecard
from spanloom.write.terminal import terminal

WIDTH = 100
"""Characters of a line where a result is shown as text."""


def answer_html(value: Any, shown: Shown) -> str:
    """The page of one answer, with its arcs. shown: what a user sees of `value`."""
    return framed("".join(prediction_page([shown], draw=kind_of(value).draw)), 16)


class ShownScorecard(dict[str, Any]):
    """The scores of a model as plain values, which show themselves as tables."""

    def __repr__(self) -> str:
        return printed(self, print_scorecard) if self else "{}"

    def _repr_html_(self) -> str:
        return framed(tables_page(summary_html(self), "Scorecard"), 30) if self else "{}"


class ShownCheck(dict[str, Any]):
    """What a check found in gold as plain values, which show themselves as tables."""

    def __repr__(self) -> str:
        return printed(self, print_check)

    def _repr_html_(self) -> str:
        return framed(tables_page("\n".join(map(_part_html, check_parts(self))), "Check"), 30)


def printed(result: Any, show: Callable[[Any, Console], None]) -> str:
    """What a terminal would show of a result, without colours."""
    file = io.StringIO()
    show(result, terminal(file, WIDTH))
    return file.getvalue().strip("\n")


def framed(page: str, height: int) -> str:
    """A page in a frame. height: in lines."""
    style = f"border:0;width:100%;height:{height}em;resize:vertical"
    return f'<iframe srcdoc="{html.escape(page, quote=True)}" style="{style}"></iframe>'


def _part_html(part: Table | str) -> str:
    if isinstance(part, str):
        return f'<p class="about">{escape(part)}</p>'
    heads = tuple(str(column.header) for column in part.columns) if part.show_header else ()
    rows = tuple(tuple(map(str, row)) for row in zip(*(column.cells for column in part.columns), strict=True))
    return f"<h2>{escape(part.title)}</h2>\n{table_html(Sheet(heads, rows))}"

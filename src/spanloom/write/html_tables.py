"""The tables at the top of a scorecard page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.answers import kind_of_card
from spanloom.answers.parts.reliability import with_reliability
from spanloom.answers.parts.source_scores import with_sources
from spanloom.answers.parts.summary import Section, Share, Sheet, Tile
from spanloom.write.annotated import escape
from spanloom.write.confusion import confusion_svg
from spanloom.write.reliability import reliability_svg

# What is wider than the screen scrolls in its own box, by the keyboard too.
_SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="table">'


def summary_html(card: Mapping[str, Any]) -> str:
    """The scores of any task's scorecard as HTML: tiles with the main ones, then tables, most of them folded away."""
    summary = with_reliability(card, with_sources(card, kind_of_card(card).summary))
    pictures = {"Which label was taken for which": confusion_svg(card), "Right answers by score": reliability_svg(card)}
    return "\n".join(
        [
            f'<p class="about">{escape(summary.about)}</p>',
            f'<div class="tiles">{"".join(map(_tile, summary.tiles))}</div>',
            *(f'<p class="about">{escape(remark)}</p>' for remark in summary.remarks),
            *map(_section, summary.sections),
            *(_folded(title, f"{_SCROLL}{picture}</div>") for title, picture in pictures.items() if picture),
        ]
    )


def _tile(tile: Tile) -> str:
    name, value, about = map(escape, tile)
    return f'<div class="tile"><span>{name}</span><b>{value}</b><span>{about}</span></div>'


def _section(section: Section) -> str:
    tables = "".join(map(table_html, section.sheets))
    if section.beside:
        tables = f'<div class="two">{"".join(f"<div>{table_html(sheet)}</div>" for sheet in section.sheets)}</div>'
    return _folded(section.title, tables) if section.folded else f"<h2>{escape(section.title)}</h2>\n{tables}"


def table_html(sheet: Sheet) -> str:
    """A table, which scrolls by itself where it is wider than the page."""
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in sheet.rows)
    return f"{_SCROLL}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(cell: str | Share) -> str:
    if isinstance(cell, Share):
        return f'<td class="f1" style="--v:{cell.percent}%">{cell.percent}</td>'
    return f"<td>{escape(cell)}</td>"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"

"""Answers as a table of facts, a row each, in CSV of which a spreadsheet computes nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.answers.parts.answer import COLUMNS, Page
from spanloom.answers.parts.kind import AnswerKind
from spanloom.write.told import Told

NUMBER = "input"
"""The column of the number of the text that a fact is of, counted from 1."""

ACTING = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet would compute; of one with quote marks before that, one is taken off again."""

_NO_PAGE: Page = lambda value, shown: ""  # noqa: E731


@dataclass(frozen=True)
class Heads:
    """The columns of a table of facts: those of the facts, and fields of the inputs."""

    facts: Sequence[str]
    fields: Sequence[str]

    def names(self) -> list[str]:
        taken = (NUMBER, *self.facts)
        return [*taken, *(f"input_{name}" if name in taken else name for name in self.fields)]


def heads_of(items: Iterable[Told], kind: AnswerKind) -> Heads:
    """The columns that all of these need, in the order in which they come."""
    facts, fields = dict.fromkeys(COLUMNS), dict[str, None]()
    for item in items:
        fields.update(dict.fromkeys(item.fields))
        facts.update(dict.fromkeys(name for row in _rows(item, kind) for name in row))
    return Heads(tuple(facts), tuple(fields))


def table_of_facts(items: Iterable[Told], kind: AnswerKind, heads: Heads | None = None) -> Iterator[str]:
    """The lines of the table as the items come, its header before the first.

    A text without facts has a row without a kind, one that failed a row of the kind "error", whose text says why.
    heads: `heads_of` all items; None for the columns of the first one, of other fields none are kept.
    """
    for number, item in enumerate(items, start=1):
        if heads is None:
            heads = heads_of([item], kind)
        if number == 1:
            yield csv_line(heads.names())
        fields = [item.fields.get(name) for name in heads.fields]
        for row in _rows(item, kind) or [{}]:
            yield csv_line([number, *(row.get(name) for name in heads.facts), *fields])


def _rows(item: Told, kind: AnswerKind) -> Sequence[Mapping[str, Any]]:
    if "error" in item.shown:
        return [{"kind": "error", "text": item.shown["error"]}]
    return kind.view(item.shown, None, _NO_PAGE).rows()


def csv_line(cells: Iterable[Any]) -> str:
    """Values as a line of CSV of which a spreadsheet computes nothing."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(list(map(_cell, cells)))  # else a lone \r would not be quoted
    return line.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: Any) -> Any:
    """A value as a spreadsheet shows it: lists and objects as JSON, and text never as a formula."""
    if isinstance(value, (list, dict, bool)):
        value = json.dumps(value, ensure_ascii=False)
    return defused(value) if isinstance(value, str) else value


def defused(text: str) -> str:
    """The text with a quote mark before what a spreadsheet would compute; a number is left as it is."""
    if not ACTING.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text if text == text.strip() else f"'{text}"

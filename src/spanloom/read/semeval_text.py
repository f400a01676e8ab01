"""Marked sentences as SemEval-2010 task 8 was published.

    8001	"The <e1>fire</e1> was caused by the <e2>candle</e2>."
    Cause-Effect(e2,e1)
    Comment: …

The number, the quotes and the comment may be missing; where the label is, too, the example has no gold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines
from spanloom.read.parts.texts import checked_text
from spanloom.text.marks import MARKS, read_marks

_NUMBERED = re.compile(r"\A\d++\t")
_COMMENT = re.compile(r"comment\s*+:", re.IGNORECASE)


def fit(beginning: str) -> int:
    first = beginning.strip().partition("\n")[0]
    return 0 if is_json(beginning) else sum(mark in first for mark in MARKS)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a marked line, streamed. Raises DataError citing the line."""
    waiting: Example | None = None  # until its label is read
    for number, line in numbered_lines(path, config.encoding):
        line = line.strip()
        if not line:
            continue
        source = Source(str(path), number)
        if any(mark in line for mark in MARKS):
            if waiting is not None:
                yield waiting
            text = checked_text(_bare(line), str(source), config)
            waiting = Example(read_marks(text, str(source)), None, source)
        elif not _COMMENT.match(line):
            if waiting is None or waiting.gold is not None:
                expected = "a text with <e1>…</e1> and <e2>…</e2> before each relation"
                raise DataError(str(source), f"{shown(line)} follows no such text", expected, "Mark head and tail.")
            item = waiting.input
            waiting = Example(item, Relation(item.head, item.tail, line), waiting.source)
    if waiting is not None:
        yield waiting


def _bare(line: str) -> str:
    """The sentence without its number and its quotes."""
    sentence = _NUMBERED.sub("", line, count=1)
    quoted = len(sentence) > 1 and sentence[0] == sentence[-1] == '"'
    return sentence[1:-1] if quoted else sentence


FORMAT = Format(
    name="semeval_text",
    shape="a text with <e1>…</e1> and <e2>…</e2> a line, its relation on the next",
    answer=Relation,
    fit=fit,
    read=read,
)

"""Tagged sentences to CoNLL columns, which `read.conll_columns` reads back: a token and its tag a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read.parts.column_layout import DOCUMENT
from spanloom.write.lines import atomic_text

BREAKS = "\t\n\r"


def write_columns(path: Path, examples: Iterable[Example]) -> int:
    """Write lines of a token, a tab and its tag, a blank line after each sentence; how many sentences.

    The tags of spans are BIO2. Raises DataError for a sentence without gold and for what columns cannot hold,
    SpanloomError where the file cannot be written; `path` is then as it was.
    """
    count = 0
    with atomic_text(path) as file:
        for example in examples:
            file.write(_lines(example) + "\n")
            count += 1
    return count


def _lines(example: Example) -> str:
    gold: Tags | None = example.gold
    text: Text = example.input
    if gold is None:
        raise DataError(str(example.source), "a sentence without tags", "one tag a token", "Annotate it.")
    lines = []
    for token, label in zip(text.tokens, gold.labels, strict=True):
        for value in (token.text, label):
            broken = any(mark in value for mark in BREAKS) or value != value.strip(" ")
            if broken or value.startswith((DOCUMENT, "# ")):
                expected = f"no {DOCUMENT}, tab, line break, outer space or comment in it"
                raise DataError(str(example.source), f"{value!r} in a column", expected, "Write JSON lines instead.")
        lines.append(f"{token.text}\t{label}\n")
    return "".join(lines)

"""fastText's lines: the labels of a text with the mark `__label__` before it, or behind it, parted by white space.

    __label__good The soup was warm.
    __label__food __label__staff Warm soup, kind people.

A line without a label has no gold. Joulin et al. 2017, https://aclanthology.org/E17-2068.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import numbered_lines
from spanloom.read.parts.texts import tokenized

MARK = "__label__"
BEGINS = re.compile(rf"\s*+{MARK}[^\s,;]*+(?=\s|\Z)")  # a comma or semicolon there parts the columns of a table
LOOKED_AT = 200  # lines
NEARLY_ALL = 0.95


def fit(beginning: str) -> int:
    """2 where nearly all lines have a mark and white space behind their label."""
    lines = list(islice((line for line in beginning.split("\n") if line.strip()), LOOKED_AT))
    labelled = sum(BEGINS.match(line) is not None for line in lines)
    return 2 * (0 < labelled >= NEARLY_ALL * len(lines))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line that is not blank, streamed. Raises DataError citing the line."""
    for number, line in numbered_lines(path, config.encoding):
        if line.strip():
            source = Source(str(path), number)
            labels, text = _parted(line, str(source))
            gold = Label(tuple(sorted(labels))) if labels else None
            yield Example(tokenized(text, str(source), config), gold, source)


def _parted(line: str, where: str) -> tuple[set[str], str]:
    """The labels of a line and the text between those before and those behind it."""
    labels: set[str] = set()
    text = line.strip()
    while text.startswith(MARK):
        word, text = (*text.split(maxsplit=1), "")[:2]
        labels.add(_name(word, where))
    while (last := text.rsplit(maxsplit=1)) and last[-1].startswith(MARK):
        labels.add(_name(last[-1], where))
        text = last[0] if len(last) > 1 else ""
    for word in text.split() if MARK in text else ():
        if word.startswith(MARK):
            found = f"the label {shown(word)} in the middle of the text"
            raise DataError(where, found, "all labels before the text, or behind it", "Move it to the others.")
    return labels, text


def _name(word: str, where: str) -> str:
    if word == MARK:
        raise DataError(where, f"{MARK} without a label", f"{MARK}CLASS", "Write the class right behind it.")
    return word[len(MARK) :]


FORMAT = Format(
    name="fasttext", shape="__label__CLASS, once or more, and a text a line", answer=Label, fit=fit, read=read
)

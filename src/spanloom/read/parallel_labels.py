"""A folder of parallel files, `seq.in` with one text a line and `label` with its class on the same line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Label, Source
from spanloom.errors import DataError
from spanloom.read.lines import numbered_lines
from spanloom.read.offsets import class_name
from spanloom.read.texts import tokenized

NAME = "parallel"
SHAPE = "a folder with seq.in and label, line by line"
ANSWER = Label
TEXTS, LABELS = "seq.in", "label"


def matches(beginning: str) -> bool:
    return False  # one of the files alone is no data


def claims(path: Path) -> bool:
    return (path / TEXTS).is_file() and (path / LABELS).is_file()


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line, streamed; lines that are blank in both are skipped. Raises DataError citing the line."""
    if not claims(path):
        raise DataError(str(path), "has no files seq.in and label", "a folder with both", "Name the folder.")
    files = [numbered_lines(path / name, config.encoding) for name in (TEXTS, LABELS)]
    ended = (0, None)
    for (number, text), (other, label) in zip_longest(*files, fillvalue=ended):
        if text is None or label is None:
            short, long = (TEXTS, LABELS) if text is None else (LABELS, TEXTS)
            found = f"'{short}' ends before line {max(number, other)} of '{long}'"
            raise DataError(f"{path / short}", found, "files of equally many lines", "Add what is missing.")
        if text.strip() or label.strip():
            source = Source(str(path / TEXTS), number)
            where = f"{path / LABELS}:{number}"
            gold = Label((class_name(label, where, "the label"),))
            yield Example(tokenized(text.strip(), str(source), config), gold, source)

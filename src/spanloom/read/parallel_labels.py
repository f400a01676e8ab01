"""A folder of parallel files, `seq.in` with one text a line and `label` with its class on the same line.

Named by their folder or by `seq.in`. Goo et al. 2018, https://aclanthology.org/N18-2118.
"""

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
    """Whether a path is a folder with both files, or the file of texts beside one of labels."""
    return all(file.is_file() for file in _files(path)) and (path.is_dir() or path.name == TEXTS)


def _files(path: Path) -> tuple[Path, Path]:
    folder = path if path.is_dir() else path.parent
    return folder / TEXTS, folder / LABELS


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line, streamed; lines that are blank in both are skipped. Raises DataError citing the line."""
    texts, labels = _files(path)
    numbered = [numbered_lines(file, config.encoding) for file in (texts, labels)]
    for first, second in zip_longest(*numbered):
        if first is None or second is None:
            here, other, last = (labels, texts, second) if first is None else (texts, labels, first)
            found = f"line {last[0]} is there, but {other} has {last[0] - 1} lines"
            raise DataError(f"{here}:{last[0]}", found, "as many lines in both", "Add or remove lines.")
        (number, text), (_, label) = first, second
        if text.strip() or label.strip():
            source = Source(str(texts), number)
            where = f"{labels}:{number}"
            gold = Label((class_name(label, where, "the label"),))
            yield Example(tokenized(text.strip(), str(source), config), gold, source)

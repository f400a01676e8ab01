"""Two files side by side: `seq.in` with one text a line, and `label` with its class on the same line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.read.parts.format import Format
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.side_by_side import are_there, files_of, numbered_together
from spanloom.read.parts.texts import tokenized

LABELS = "label"


def fit(beginning: str) -> int:
    return 0  # one of the files alone is no data


def claims(path: Path) -> bool:
    return are_there(path, LABELS)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line, streamed; lines that are blank in both are skipped. Raises DataError citing the line."""
    texts, labels = files_of(path, LABELS)
    for number, (text, label) in numbered_together(path, config.encoding, LABELS):
        if text.strip() or label.strip():
            source = Source(str(texts), number)
            gold = Label((class_name(label, f"{labels}:{number}", "the label"),))
            yield Example(tokenized(text.strip(), str(source), config), gold, source)


FORMAT = Format(
    name="parallel",
    shape="a folder with seq.in and label, line by line",
    answer=Label,
    fit=fit,
    read=read,
    claims=claims,
)

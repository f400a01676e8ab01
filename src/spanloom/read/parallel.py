"""Two files side by side: `seq.in` with a sentence a line, tokens parted by spaces, and `seq.out` with their tags."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.column_layout import BLANKS
from spanloom.read.parts.format import Format
from spanloom.read.parts.side_by_side import TEXTS, are_there, files_of, numbered_together
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.text.counts import several

TAGS = "seq.out"


def fit(beginning: str) -> int:
    return 0  # one file says nothing of the other


def claims(path: Path) -> bool:
    return are_there(path, TAGS)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line. Raises DataError citing the lines of both files."""
    if not claims(path):
        folder = path if path.is_dir() else path.parent
        raise DataError(str(folder), f"has no files {TEXTS} and {TAGS}", "both, side by side", "Name their folder.")
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    inside, outside = files_of(path, TAGS)
    for number, (line, beside) in numbered_together(path, config.encoding, TAGS):
        words, tags = matching(line, beside, f"{inside}:{number}", f"{outside}:{number}")
        if words:
            yield Sentence(Source(str(inside), number), words, tags)


def matching(words: str, tags: str, where: str, beside: str) -> tuple[list[str], list[str]]:
    """The tokens of one line and the tags of the other, one a token. Raises DataError citing both."""
    parts = [BLANKS.split(line.strip(" \t")) if line.strip(" \t") else [] for line in (words, tags)]
    if len(parts[0]) != len(parts[1]):
        found = f"{several(len(parts[0]), 'token')}, but {several(len(parts[1]), 'tag')} at {beside}"
        raise DataError(where, found, "one tag a token", "Correct one of the two lines.")
    return parts[0], parts[1]


FORMAT = Format(
    name="parallel", shape="a folder with seq.in and seq.out", answer=Tags, fit=fit, read=read, claims=claims
)

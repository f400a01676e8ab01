"""Two files side by side: `seq.in` with a sentence a line, its tokens parted by spaces, and `seq.out` with their tags.

Named by their folder or by `seq.in`. Goo et al. 2018, https://aclanthology.org/N18-2118.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Source, Tags
from spanloom.errors import DataError
from spanloom.read.conll_columns import BLANKS
from spanloom.read.lines import numbered_lines
from spanloom.read.tagged import Sentence, tagged_examples

NAME = "parallel"
SHAPE = "a folder with seq.in and seq.out"
ANSWER = Tags
WORDS, TAGS = "seq.in", "seq.out"


def matches(beginning: str) -> bool:
    return False  # one file says nothing of the other


def claims(path: Path) -> bool:
    """Whether a path is a folder with both files, or the file of words beside one of tags."""
    return all(file.is_file() for file in _files(path)) and (path.is_dir() or path.name == WORDS)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line. Raises DataError citing the lines of both files."""
    if not claims(path):
        folder = path if path.is_dir() else path.parent
        raise DataError(str(folder), f"has no files {WORDS} and {TAGS}", "both, side by side", "Name their folder.")
    return tagged_examples(partial(_sentences, path, config), config)


def _files(path: Path) -> tuple[Path, Path]:
    folder = path if path.is_dir() else path.parent
    return folder / WORDS, folder / TAGS


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    inside, outside = _files(path)
    numbered = [numbered_lines(file, config.encoding) for file in (inside, outside)]
    for first, second in zip_longest(*numbered):
        if first is None or second is None:
            here, other, last = (outside, inside, second) if first is None else (inside, outside, first)
            found = f"line {last[0]} is there, but {other} has {last[0] - 1} lines"
            raise DataError(f"{here}:{last[0]}", found, "as many lines in both", "Add or remove lines.")
        number = first[0]
        words, tags = (BLANKS.split(line.strip(" \t")) if line.strip(" \t") else [] for _, line in (first, second))
        if len(words) != len(tags):
            found = f"{len(words)} tokens, but {len(tags)} tags at {outside}:{number}"
            raise DataError(f"{inside}:{number}", found, "one tag a token", "Correct one of the two lines.")
        if words:
            yield Sentence(Source(str(inside), number), words, tags)

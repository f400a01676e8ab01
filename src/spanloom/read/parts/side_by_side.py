"""Files of one folder whose lines belong together: `seq.in`, with a text a line, and what is said of each text.

Named by their folder or by `seq.in`. Goo et al. 2018, https://aclanthology.org/N18-2118.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from spanloom.errors import DataError
from spanloom.read.parts.lines import numbered_lines
from spanloom.text.counts import several

TEXTS = "seq.in"


def files_of(path: Path, *others: str) -> tuple[Path, ...]:
    """The file of texts and the others."""
    folder = path if path.is_dir() else path.parent
    return folder / TEXTS, *(folder / other for other in others)


def are_there(path: Path, *others: str) -> bool:
    """Whether a path is a folder with all the files, or the file of texts beside the others."""
    return all(file.is_file() for file in files_of(path, *others)) and (path.is_dir() or path.name == TEXTS)


def numbered_together(path: Path, encoding: str, *others: str) -> Iterator[tuple[int, list[str]]]:
    """The number of each line, and the line in every file. Raises DataError where one file has more lines."""
    files = files_of(path, *others)
    for lines in zip_longest(*(numbered_lines(file, encoding) for file in files)):
        there = [line for line in lines if line is not None]
        if len(there) < len(files):
            number = there[0][0]
            longer, shorter = files[lines.index(there[0])], files[lines.index(None)]
            found = f"line {number} is there, but {shorter} has {several(number - 1, 'line')}"
            raise DataError(f"{longer}:{number}", found, "as many lines in both", "Add or remove lines.")
        yield there[0][0], [line for _, line in there]

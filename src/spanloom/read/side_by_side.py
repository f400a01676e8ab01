"""Two files of one folder whose lines belong together: `seq.in`, with a text a line, and what is said of each text.

Named by their folder or by `seq.in`. Goo et al. 2018, https://aclanthology.org/N18-2118.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from spanloom.errors import DataError
from spanloom.read.lines import numbered_lines

TEXTS = "seq.in"


def files_of(path: Path, other: str) -> tuple[Path, Path]:
    """The file of texts and the other one."""
    folder = path if path.is_dir() else path.parent
    return folder / TEXTS, folder / other


def are_there(path: Path, other: str) -> bool:
    """Whether a path is a folder with both files, or the file of texts beside the other."""
    return all(file.is_file() for file in files_of(path, other)) and (path.is_dir() or path.name == TEXTS)


def numbered_pairs(path: Path, other: str, encoding: str) -> Iterator[tuple[int, str, str]]:
    """The number of each line, and the line in both. Raises DataError where one file has more lines."""
    files = files_of(path, other)
    for lines in zip_longest(*(numbered_lines(file, encoding) for file in files)):
        first, second = lines
        if first is None or second is None:
            longer, shorter = files if second is None else files[::-1]
            number = next(line[0] for line in lines if line is not None)
            found = f"line {number} is there, but {shorter} has {number - 1} lines"
            raise DataError(f"{longer}:{number}", found, "as many lines in both", "Add or remove lines.")
        yield first[0], first[1], second[1]

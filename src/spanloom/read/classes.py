"""One file a class, one text a line: a folder of `CLASS.txt`, or a stem such as `data/train` of `data/train.CLASS`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.lines import numbered_lines
from spanloom.read.parts.texts import is_utf8, tokenized

# Endings that say how a file is written, not which class it holds, and names that say which part of the data it is.
KINDS = "txt text csv tsv json jsonl conll conllu iob iob2 bio in out label labels tags words md"
PARTS = "train training dev valid validation test readme"


def fit(beginning: str) -> int:
    return 0  # one file alone is no class


def claims(path: Path) -> bool:
    return len(class_files(path)) > 1


def class_files(path: Path) -> dict[str, Path]:
    """The files of a folder or of a stem by their class, in alphabetical order; empty where there are none."""
    if path.is_dir():
        texts = (Path(path, name) for name in _names(path) if name.endswith(".txt") and name[0] != ".")
        files = {file.stem: file for file in texts if file.is_file()}
        named = {name: file for name, file in files.items() if name.lower() not in PARTS.split()}
        return dict(sorted(named.items())) if len(files) - len(named) <= ("README" in files) else {}
    if path.exists() or not path.parent.is_dir():
        return {}
    start = f"{path.name}."
    files = {name[len(start) :]: path.parent / name for name in _names(path.parent) if name.startswith(start)}
    named = {name: file for name, file in files.items() if _may_be_a_class(name)}
    return dict(sorted((name, file) for name, file in named.items() if file.is_file()))


def _names(folder: Path) -> list[str]:
    """The names in a folder, of which there may be very many; none in one that may not be looked into."""
    try:
        return os.listdir(folder)
    except PermissionError:
        return []


def _may_be_a_class(name: str) -> bool:
    return (name.isidentifier() or not is_utf8(name)) and name.lower() not in KINDS.split()


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line that is not blank, class after class, streamed. Raises DataError citing the line."""
    files = class_files(path)
    if len(files) < 2:
        expected = "a folder of CLASS.txt, or a stem such as 'train' beside train.pos and train.neg"
        raise DataError(str(path), "is no set of class files", expected, "Name the folder or the stem.")
    for name, file in files.items():
        if not is_utf8(name):
            where = str(path).encode("utf-8", "backslashreplace").decode()
            found = f"the file name {os.fsencode(file.name)!r} is not UTF-8"
            raise DataError(where, found, "names that are the names of classes", "Rename the file.")
    return _examples(files, config)


def _examples(files: dict[str, Path], config: DataConfig) -> Iterator[Example]:
    for name, path in files.items():
        gold = Label((name,))
        is_empty = True
        for number, line in numbered_lines(path, config.encoding):
            if text := line.strip():
                source = Source(str(path), number)
                is_empty = False
                yield Example(tokenized(text, str(source), config), gold, source)
        if is_empty:
            found = f"the file of the class '{name}' is empty"
            raise DataError(str(path), found, "one text a line", "Fill it, or move it elsewhere.")


FORMAT = Format(
    name="classes",
    shape="a folder of CLASS.txt, or a stem with files STEM.CLASS: one text a line",
    answer=Label,
    fit=fit,
    read=read,
    claims=claims,
)

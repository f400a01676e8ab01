"""One file a class, one text a line: a folder of `CLASS.txt`, or a stem such as `data/train` of `data/train.CLASS`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Label, Source
from spanloom.errors import DataError
from spanloom.read.lines import numbered_lines
from spanloom.read.texts import tokenized

NAME = "classes"
SHAPE = "a folder of CLASS.txt, or a stem with files STEM.CLASS: one text a line"
ANSWER = Label
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
        files = {file.stem: file for file in path.glob("*.txt") if file.is_file() and file.name[0] != "."}
        named = {name: file for name, file in files.items() if name.lower() not in PARTS.split()}
        return dict(sorted(named.items())) if len(files) - len(named) <= ("README" in files) else {}
    if path.exists() or not path.parent.is_dir():
        return {}
    start = f"{path.name}."
    files = {file.name[len(start) :]: file for file in path.parent.glob("*") if file.name.startswith(start)}
    named = {name: file for name, file in files.items() if name.isidentifier() and name.lower() not in KINDS.split()}
    return dict(sorted((name, file) for name, file in named.items() if file.is_file()))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line that is not blank, class after class, streamed. Raises DataError citing the line."""
    files = class_files(path)
    if len(files) < 2:
        expected = "a folder of CLASS.txt, or a stem such as 'train' beside train.pos and train.neg"
        raise DataError(str(path), "is no set of class files", expected, "Name the folder or the stem.")
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

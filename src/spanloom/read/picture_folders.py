"""Pictures in folders: a folder a class, at any depth below it; or a folder of pictures alone, without gold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.read.parts.format import Format
from spanloom.read.parts.pictures import is_picture, refuse_other
from spanloom.text.counts import several


def fit(beginning: str) -> int:
    return 0  # a file alone is no folder


def claims(path: Path) -> bool:
    """Whether there is a picture in a folder, or in one in it."""
    if not path.is_dir():
        return False
    files, folders = _inside(path)
    return any(map(is_picture, files)) or any(any(map(is_picture, _inside(path / name)[0])) for name in folders)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a picture, class after class, each in the order of the names. No picture is opened here.

    Raises DataError for a class without a picture, for pictures beside the classes, and for files of other formats.
    """
    if not path.is_dir():
        expected = "a folder with a folder of pictures for each class"
        raise DataError(str(path), "is no folder", expected, "Name the folder, or set data.format.")
    files, folders = _inside(path)
    alone = [path / name for name in files if _is_read(path / name)]
    if alone:
        yield from (Example(Image(str(file)), None, Source(str(file), 1)) for file in alone)
    for name in folders:
        refuse_other(path / name)
        gold, empty = Label((name,)), True
        for file in _below(path / name):
            if alone:
                found = f"{several(len(alone), 'picture')} beside the folder '{name}', which holds some too"
                expected = "a folder for each class, or pictures alone"
                raise DataError(str(path), found, expected, "Move them into the folder of their class.")
            empty = False
            yield Example(Image(str(file)), gold, Source(str(file), 1))
        if empty and not alone:
            found = f"the folder of the class '{name}' has no picture in it"
            raise DataError(str(path), found, "one at least", "Fill it, or move it elsewhere.")


def _below(folder: Path) -> Iterator[Path]:
    """The pictures in a folder and in all below it."""
    files, folders = _inside(folder)
    yield from (folder / name for name in files if _is_read(folder / name))
    for name in folders:
        yield from _below(folder / name)


def _is_read(file: Path) -> bool:
    refuse_other(file)
    return is_picture(file.name)


def _inside(folder: Path) -> tuple[list[str], list[str]]:
    """The names of the files and of the folders in a folder, hidden ones aside; none of one that may not be read."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries if entry.name[0] != ".")
    except PermissionError:
        return [], []
    return [name for name, is_folder in found if not is_folder], [name for name, is_folder in found if is_folder]


FORMAT = Format(
    name="folders",
    shape="a folder of pictures for each class",
    answer=Label,
    fit=fit,
    read=read,
    claims=claims,
    input=Image,
)

"""Text and JSON lines written one by one, whole file or nothing, with the faults of a disk said in one sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from spanloom.errors import ConfigError, FileError
from spanloom.write.atomic import atomic_file

TOGETHER = (".ann", ".txt")
"""The endings of two files that are read as one: annotations and their text."""

LINES = ".jsonl"

STANDARD_OUTPUT = "standard output"
"""What errors call it."""


@contextmanager
def atomic_text(path: Path) -> Iterator[IO[str]]:
    """A UTF-8 text file that takes its name when the block ends well.

    Raises FileError where it cannot be written (a full disk, a permission); `path` is then as it was before. A link is
    written through, and a device such as /dev/null is written straight to.
    """
    with _said(path), atomic_file(path) as file:
        yield file


def atomic_bytes(path: Path, content: bytes) -> None:
    """The same of bytes, whole."""
    with _said(path), atomic_file(path, "wb") as file:
        file.write(content)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """A fault of the disk inside is a FileError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename == str(path):
            fault = FileError.of(error)
            found = f"cannot be written: {fault.found}"
            raise FileError(fault.where, found, remedy=f"Nothing was changed. {fault.remedy}") from error
        raise


def write_lines(path: Path, items: Iterable[Mapping[str, Any]], escaped: bool = False) -> int:
    """Write JSON lines, UTF-8 as it is; how many. Raises FileError where the file cannot be written.

    escaped: with JSON's escapes for what is not ASCII, for programs that would guess the encoding.
    """
    count = 0
    with atomic_text(path) as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=escaped) + "\n")
            count += 1
    return count


def refuse_existing(*outputs: Path) -> None:
    """Raise ConfigError where there is anything, were it a broken link, under the name of a file to be written."""
    for output in outputs:
        if os.path.lexists(output):
            raise ConfigError(str(output), "is there already", "a new file", "Name another place, or move it away.")


def refuse_to_replace(output: Path | None, *inputs: Path) -> None:
    """Raise ConfigError where writing `output` would replace data that are read: by any name, link or folder of theirs.

    output: None for standard output, where what is added to data that are read would be read in its turn. A device is
    no data that could be lost. In a folder that is read, JSON lines may be written, as none are read there.
    """
    target = Path(os.path.realpath("/dev/stdout")) if output is None else output
    if not os.path.isfile(target):
        return
    for source in inputs:
        for file in _read_with(source, target):
            if os.path.exists(file) and os.path.samefile(file, target):
                found = f"would be replaced while it is read as {source}" if file == source else f"belongs to {source}"
                if output is None:
                    found = f"leads to {source}, which is read"
                where = STANDARD_OUTPUT if output is None else str(output)
                raise ConfigError(where, found, "a new file for what is written", "Name another output.")


def _read_with(source: Path, output: Path) -> list[Path]:
    """The files that may be read where a path is named: itself, its other half, or what its folder holds."""
    if os.path.isdir(source):
        return [] if output.suffix.lower() == LINES else [file for file in source.rglob("*") if file.is_file()]
    other = TOGETHER[source.suffix.lower() == TOGETHER[0]] if source.suffix.lower() in TOGETHER else None
    return [source, source.with_suffix(other)] if other else [source]

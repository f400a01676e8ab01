"""JSON lines written one by one, whole file or nothing, with the faults of a disk said in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from spanloom.errors import SpanloomError
from spanloom.write.atomic import atomic_file


@contextmanager
def atomic_text(path: Path) -> Iterator[IO[str]]:
    """A UTF-8 text file that takes its name when the block ends well.

    Raises SpanloomError where it cannot be written (a full disk, a permission); `path` is then as it was before.
    A link is written through, and a device such as /dev/null is written straight to.
    """
    if path.is_dir():
        raise SpanloomError(str(path), "is a directory", "a file name", "Name a file inside it.")
    try:
        target = path.resolve()
        is_device = target.exists() and not target.is_file()
        with target.open("w", encoding="utf-8", newline="\n") if is_device else atomic_file(target) as file:
            yield file
    except OSError as error:
        found = f"cannot be written: {error.strerror or error}"
        raise SpanloomError(str(path), found, remedy="Nothing was changed; make room, or write elsewhere.") from error


def write_lines(path: Path, items: Iterable[Mapping[str, Any]]) -> int:
    """Write JSON lines, UTF-8 as it is; how many. Raises SpanloomError where the file cannot be written."""
    count = 0
    with atomic_text(path) as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")
            count += 1
    return count

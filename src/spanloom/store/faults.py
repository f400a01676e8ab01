"""What SQLite says is wrong, as errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spanloom.errors import DataError, FileError, SpanloomError

WAIT = 60.0
"""Seconds that a writer waits for another."""

_FILE = {
    "SQLITE_FULL": ("No space left on device", "Free some space, or name a store on another disk."),
    "SQLITE_BUSY": (f"another process has been writing to it for {WAIT:.0f} seconds", "Wait until that has ended."),
    "SQLITE_LOCKED": (f"another process has been writing to it for {WAIT:.0f} seconds", "Wait until that has ended."),
    "SQLITE_READONLY": ("it may only be read", "Change its permissions with chmod, or name another."),
    "SQLITE_PERM": ("no permission to open it", "Change its permissions with chmod, or name another."),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check the path and the permissions of its folder."),
    "SQLITE_IOERR": ("the disk failed, or is full", "Free some space, or name a store on another disk."),
}
_DATA = {
    "SQLITE_NOTADB": ("is no SQLite file", "Name a store that 'spanloom predict --store' wrote, or a new file."),
    "SQLITE_CORRUPT": ("is damaged", "Put a copy of it back, or write a new one with 'spanloom predict --store'."),
}
"""By the name of SQLite's own error, or its beginning: what it means, and the act that mends it."""


@contextmanager
def faults_of(path: Path, ending: str = "") -> Iterator[None]:
    """Errors of SQLite as ones of ours, where the user can mend them. ending: what is said last, of what was kept."""
    try:
        yield
    except sqlite3.Error as error:
        fault = _mendable(error, path, ending)
        if fault is None:
            raise
        raise fault from error


def _mendable(error: sqlite3.Error, path: Path, ending: str) -> SpanloomError | None:
    name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])  # of those that say more, the first part
    if name in _FILE:
        found, remedy = _FILE[name]
        return FileError(str(path), found, remedy=f"{ending} {remedy}".lstrip())
    if name in _DATA:
        found, remedy = _DATA[name]
        return DataError(str(path), found, "a store of facts", remedy)
    return None

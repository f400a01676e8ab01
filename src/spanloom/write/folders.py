"""Folders that take another's place whole: at every moment the old one or the new one is whole on disk, under a name
that the next run knows.

FOLDER is replaced by two renames: FOLDER -> .FOLDER.replaced, then the new one -> FOLDER. A process killed between them
leaves no FOLDER, and `recover` gives it its name back; one killed behind them leaves the old one, which `recover` ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from spanloom.write.locks import NoLocks, lock
from spanloom.write.terminal import say


def aside(target: Path) -> Path:
    """Where a folder stands while another takes its place."""
    return target.with_name(f".{target.name}.replaced")


def recover(target: Path, names: Collection[str]) -> None:
    """Finish what a killed `replace` of this folder left. names: files that it may hold. Raises OSError."""
    if not aside(target).is_dir():
        return
    if not os.path.lexists(target):
        os.rename(aside(target), target)
    else:
        _discard(aside(target), names)


def replace(new: Path, target: Path, names: Collection[str]) -> None:
    """Give a finished folder the name `target`. Of a folder there before it, the files of these names are deleted.

    What else is in that folder stays, in the folder `aside`. Raises OSError; the old folder then keeps its name.
    """
    old = aside(target)
    if not target.is_dir():
        os.rename(new, target)
        return
    shutil.copymode(target, new)
    os.rename(target, old)
    try:
        os.rename(new, target)
    except BaseException:
        os.rename(old, target)
        raise
    _discard(old, names)


def _discard(folder: Path, names: Collection[str]) -> None:
    """Delete files of these names, and the folder, if nothing else is in it."""
    with suppress(OSError):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """A folder beside `target` to make it in, deleted afterwards; one that a killed process left there is deleted too.

    Whoever works in one holds a lock on it, which ends with the process, however that ends. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{_literal(target.name)}.*.part"):
        with suppress(OSError), _locked(left, wait=False):
            shutil.rmtree(left)
            say(f"Removed {left}, left behind by a process that was stopped while it wrote.")
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    with _locked(work, wait=True):
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(folder: Path, wait: bool) -> Iterator[None]:
    """Hold the lock of a folder. Raises OSError where it is no folder, or, not waiting, somebody else may hold it."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(NoLocks) if wait else nullcontext():
            lock(number, wait)
        yield
    finally:
        os.close(number)


def _literal(name: str) -> str:
    """A file name as a pattern that matches it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

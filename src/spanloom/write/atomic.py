"""Files that are there whole or not at all: written under a temporary name in the same folder, then renamed.

    PATH's folder/.PATH.1f3a9c04.part      while it is written; its writer holds a lock on it

A file that is there keeps its permissions and its owner, a link is followed to what it points at, and what is no
ordinary file (/dev/null, a pipe) is written straight to. A killed process leaves its `.part` file behind: the next one
that writes the same file removes those that nobody holds.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from spanloom.errors import FileError
from spanloom.write.locks import NoLocks, lock
from spanloom.write.terminal import say

LONGEST_NAME = 230
"""Bytes of a file's name that leave room for what a temporary name adds; most systems take 255."""

_STREAM = re.compile(r"/(?:dev|proc/self)/(?:(stdin|stdout|stderr)|fd/(\d+))")


class NamedFile(io.FileIO):
    """A file whose faults, when it is written, say which file they are of. It closes its descriptor."""

    def __init__(self, number: int, name: str, closefd: bool = True) -> None:
        super().__init__(number, "w", closefd=closefd)
        self.name = name

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self.name) from None


@contextmanager
def atomic_file(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file to write that takes the name `path` when the block ends well; on any error `path` stays as it was.

    mode: "w" for UTF-8 text with `\\n` line endings, "wb" for bytes. The folder is made if need be. A lone surrogate,
    which a file name that is no UTF-8 brings along, is written as `\\udcff`, which JSON reads back as the same.
    Raises OSError naming the file, for a full disk, a permission or a directory, and FileError where the file that is
    there is marked as read-only.
    """
    with faults_of(path):
        before = state_of(path)
        direct = _opened_directly(path, before)
    if direct is not None:
        with _stream(direct, mode, path) as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    with faults_of(path):
        make_folder(target.parent)
        _remove_leftovers(target)
        number, part = _new_part(target, before)
    try:
        with _stream(number, mode, path) as file:
            yield file
            file.flush()
            with faults_of(path):
                os.fsync(number)
                keep_owner_and_mode(number, before)
                os.replace(part, target)  # before the lock goes, which closing gives up
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


def atomic_write(path: Path, *parts: bytes | memoryview | str) -> None:
    """Write bytes, or text as UTF-8, one part behind the other, to `path`, whole or not at all. Raises as `atomic_file`
    does.
    """
    with atomic_file(path, "wb") as file:
        for data in parts:
            file.write(data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data)


def _stream(number: int, mode: str, path: Path) -> IO[Any]:
    """A buffered file of bytes or text on an open descriptor."""
    raw = io.BufferedWriter(NamedFile(number, str(path)))
    if "b" in mode:
        return raw
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Faults of the system under the name that the user gave, not under a temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def state_of(path: Path) -> os.stat_result | None:
    """What stands at `path`, links followed; None where nothing does. Raises where it may not be replaced."""
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    if stat.S_ISBLK(state.st_mode):
        raise OSError(errno.EPERM, "Is a disk", str(path))
    if stat.S_ISREG(state.st_mode):
        if not state.st_mode & 0o222:  # the superuser may write to it all the same, and yet it is meant to stay
            remedy = "Make it writable with chmod u+w, or name another."
            raise FileError(str(path), "it is marked as read-only", remedy=remedy)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
    return state


def _opened_directly(path: Path, state: os.stat_result | None) -> int | None:
    """A descriptor of what is no ordinary file: a device, a pipe, one of the process's own streams; None of a file.

    The streams are recognized by name, as they may lead to an ordinary file, to which then is added.
    """
    own = _STREAM.fullmatch(os.path.normpath(path))
    if own:
        names = {"stdin": 0, "stdout": 1, "stderr": 2}
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        try:
            return os.dup(names[own[1]] if own[1] else int(own[2]))
        except OverflowError:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path)) from None
    return None if state is None or stat.S_ISREG(state.st_mode) else os.open(path, os.O_WRONLY)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(folder)) from None


def _prefix(target: Path) -> str:
    """What the temporary names of a file begin with: its own name, or a hash of one that leaves no room."""
    name = os.fsencode(target.name)
    return f".{target.name if len(name) <= LONGEST_NAME else hashlib.sha256(name).hexdigest()[:32]}."


def _new_part(target: Path, before: os.stat_result | None) -> tuple[int, Path]:
    """A new temporary file, open and locked, and its path. Where it replaces another, nobody else may read it yet."""
    while True:
        part = target.parent / f"{_prefix(target)}{secrets.token_hex(4)}.part"
        try:
            number = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if before else 0o666)
        except FileExistsError:
            continue
        with suppress(NoLocks):  # nobody else gets one there either
            lock(number, wait=True)
        if part.exists():
            return number, part
        os.close(number)  # another process took it for a leftover before it was locked


def _remove_leftovers(target: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote `target`, and say so."""
    pattern = re.compile(rf"{re.escape(_prefix(target))}[a-z0-9_]{{8}}\.part")
    with os.scandir(target.parent) as entries:
        found = [
            entry.path for entry in entries if pattern.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]
    for part in found:
        with suppress(OSError):  # somebody is writing it, or it is not ours to remove
            number = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                lock(number)
                size = os.fstat(number).st_size
                os.unlink(part)
            finally:
                os.close(number)
            say(f"Removed {part} ({size / 1e6:.1f} MB), left behind by a process that was stopped while it wrote.")


def keep_owner_and_mode(number: int, before: os.stat_result | None) -> None:
    """Give the new file the owner, where that is allowed, and the permissions of the one it replaces."""
    if before is None:
        return
    now = os.fstat(number)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        with suppress(PermissionError):
            os.fchown(number, before.st_uid, before.st_gid)
    with suppress(PermissionError):  # of a disk that knows no permissions
        os.fchmod(number, stat.S_IMODE(before.st_mode))

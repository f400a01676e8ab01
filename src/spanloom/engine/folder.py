"""The folder of a run: who may train into it, and what a start that came to nothing leaves there.

A folder in which nothing was learnt yet blocks nobody: the same command starts again, with --resume or without. One
that a start made and left empty is removed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from spanloom.engine.checkpoint import checkpoint_path, read_checkpoint
from spanloom.errors import CheckpointError, ConfigError
from spanloom.write.locks import NoLocks, lock

LOCK = ".lock"
"""Holds the number of the process that trains; the kernel unlocks it when that process ends, however it does."""


@contextmanager
def claimed(output: Path, resume: bool) -> Iterator[None]:
    """Hold a run folder, made if need be, for one training; what cannot be trained into is refused before it is.

    Raises ConfigError for a folder that will not do or in which another process trains, CheckpointError where there is
    nothing to go on from.
    """
    made = _make(output, resume)
    try:
        with _locked(output):
            _check_content(output, resume)
            yield
    finally:
        with suppress(OSError):  # something stands in it, which is the usual end
            for folder in made:
                folder.rmdir()


def _make(output: Path, resume: bool) -> list[Path]:
    """Make the folder; those that were made for it, the innermost first."""
    try:
        if output.exists() and not output.is_dir():
            raise ConfigError(str(output), "is a file", "a folder for the run", "Choose another --output.")
        if resume and not output.exists():
            raise CheckpointError(str(output), "no such folder", "a run that was started", "Leave out --resume.")
        made = [folder for folder in (output, *output.parents) if not folder.exists()]
        output.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        found = f"cannot be made: {getattr(error, 'strerror', None) or error}"
        raise ConfigError(str(output), found, "a folder for the run", "Choose another --output.") from None
    return made


def _check_content(output: Path, resume: bool) -> None:
    if checkpoint_path(output) is not None:
        if resume:
            return
        if _has_learnt(output):
            found, expected = "the folder is not empty: it holds a training", "a new or an empty folder for the run"
            remedy = "Choose another --output, or add --resume to go on."
            raise ConfigError(str(output), found, expected, remedy)
        shutil.rmtree(output / "checkpoint")  # so that no later start can go on from another's beginning
        return
    names = sorted(entry.name for entry in output.iterdir() if not _is_left_over(entry))
    if not names:
        return
    holds = f"it holds {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
    if resume:
        found = f"has no checkpoint to go on from, and {holds}"
        remedy = "Leave out --resume, and choose another --output."
        raise CheckpointError(str(output), found, "a run that was started", remedy)
    found, expected = f"the folder is not empty: {holds}", "a new or an empty folder for the run"
    raise ConfigError(str(output), found, expected, "Choose another --output.")


def _has_learnt(output: Path) -> bool:
    """Whether there is more than the checkpoint that is written before the first step."""
    if (output / "model").exists() or (output / "README.md").exists():
        return True
    try:
        return bool(read_checkpoint(output).about["step"])
    except CheckpointError:
        return True  # who knows what was in it


def _is_left_over(entry: Path) -> bool:
    """Whether this is of a start that was killed before its first checkpoint had its name."""
    if entry.name == "checkpoint" and entry.is_dir():
        return all(_is_left_over(inside) or inside.name == "next.safetensors" for inside in entry.iterdir())
    return entry.name == LOCK or (entry.name.startswith(".") and entry.name.endswith(".part"))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    file = _lock(folder / LOCK)
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        file.close()


def _lock(path: Path) -> IO[str]:
    """The lock's file, open and locked where the system has such locks. Raises ConfigError where another holds it."""
    while True:
        try:
            file = path.open("a+", encoding="utf-8")
        except OSError as error:
            found = f"cannot be written to: {error.strerror}"
            raise ConfigError(str(path.parent), found, "a folder for the run", "Choose another --output.") from None
        try:
            with suppress(NoLocks):
                lock(file.fileno())
        except BlockingIOError:
            file.seek(0)
            holder = file.read(20).strip()
            file.close()
            found = f"process {holder} is training in it" if holder else "another process is training in it"
            raise ConfigError(str(path.parent), found, "a folder of its own", "Choose another --output.") from None
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            with suppress(OSError):  # a full disk: it is locked without a number too
                file.truncate(0)
                file.write(f"{os.getpid()}\n")
                file.flush()
            return file
        file.close()  # its holder ended, and removed it, between our opening and our locking it

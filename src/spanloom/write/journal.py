"""Lines that a long job writes one by one, so that it can go on where it was stopped, however that happened.

    PATH.part        the lines; whoever writes it holds a lock on it
    PATH.part.json   what the job is: by which model, of which input, with which options

Both go when the job is done. A process that is killed leaves whole lines and perhaps the beginning of one, which is cut
off when the job goes on.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from spanloom.errors import ConfigError, FileError
from spanloom.write.atomic import NamedFile, atomic_write, faults_of, keep_owner_and_mode, make_folder, state_of
from spanloom.write.locks import NoLocks, lock

RESUME = "--resume"

Job = Mapping[str, str | None]
"""What a job is made of, each part by the name that an error calls it; None where there is no telling."""


class Journal:
    """The lines of a job, those of an earlier process that was stopped among them.

    target: the file that the job is to make. done: how many lines there are.
    """

    def __init__(self, target: Path, job: Job, resume: bool) -> None:
        """Raises ConfigError where another process writes it, where there is an unfinished job and `resume` does not
        say what is to become of it, and where that is of another kind; FileError where it cannot be written."""
        self.named = target
        self.target = Path(os.path.realpath(target))
        self.part = self.target.with_name(f"{self.target.name}.part")
        self.note = self.target.with_name(f"{self.part.name}.json")
        self.done = 0
        with _told_by(target), faults_of(target):
            self._before = state_of(target)
            make_folder(self.target.parent)
            number = os.open(self.part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600 if self._before else 0o666)
        self._file = io.BufferedWriter(NamedFile(number, str(target)))
        try:
            self._claim(job, resume)
        except BaseException:
            self._file.close()
            raise

    def _claim(self, job: Job, resume: bool) -> None:
        try:
            lock(self._file.fileno())
        except NoLocks:
            pass
        except BlockingIOError:
            found, remedy = "is being written by another process", "Wait for it, or name another output."
            raise ConfigError(str(self.part), found, remedy=remedy) from None
        before = self._noted()
        if before is None and resume and self._before is not None:
            self.remove()
            found, expected = "is there, and whole", "a job that was stopped"
            raise ConfigError(str(self.named), found, expected, f"Leave {RESUME} out to replace it.")
        goes_on = before is not None and None not in before.values() and os.fstat(self._file.fileno()).st_size > 0
        if goes_on and not resume:
            found = "holds the answers of a job that was stopped"
            raise ConfigError(str(self.part), found, remedy=f"Go on with {RESUME}, or remove this file to begin anew.")
        if before is not None and goes_on:
            self._compare(before, job)
            self._cut()
        else:
            os.ftruncate(self._file.fileno(), 0)
        atomic_write(self.note, json.dumps(job))

    def _noted(self) -> dict[str, str | None] | None:
        try:
            noted = json.loads(self.note.read_bytes())
        except (OSError, ValueError):
            return None
        return noted if isinstance(noted, dict) else None

    def _compare(self, before: Job, job: Job) -> None:
        for name in dict.fromkeys([*before, *job]):
            if before.get(name) != job.get(name):
                found, expected = f"was made with another {name}", f"the same {name} as when it was begun"
                remedy = f"Give it the same, or remove {self.part.name} to begin anew."
                raise ConfigError(str(self.part), found, expected, remedy)

    def _cut(self) -> None:
        """Cut off what is behind the last whole line, and count the lines. After a power cut there may be anything."""
        end = 0
        with self.part.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n") or b"\0" in line:
                    break
                end += len(line)
                self.done += 1
        os.ftruncate(self._file.fileno(), end)
        self._file.seek(end)

    def add(self, line: str) -> None:
        """Write one more line, which a process that is killed afterwards does not lose."""
        with _told_by(self.named, self.part):
            self._file.write(f"{line}\n".encode("utf-8", "backslashreplace"))
            self._file.flush()
        self.done += 1

    def lines(self) -> Iterator[str]:
        """Every line, from the first."""
        with self.part.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")

    def become_target(self) -> None:
        """The lines are the file that was to be made: give them its name."""
        with _told_by(self.named, self.part), faults_of(self.named):
            os.fsync(self._file.fileno())
            keep_owner_and_mode(self._file.fileno(), self._before)
            os.replace(self.part, self.target)
        self.remove()

    def remove(self) -> None:
        """Nobody needs the lines any more."""
        for path in (self.note, self.part):  # so that nothing goes on from half of it
            with suppress(FileNotFoundError):
                path.unlink()
        self.close()

    def close(self) -> None:
        """Give up the lock; the lines stay."""
        with suppress(OSError):
            self._file.close()


class _told_by:
    """Faults of the system as errors that say whether something is left to go on with."""

    def __init__(self, path: Path, part: Path | None = None) -> None:
        self.path, self.part = path, part

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            fault = FileError.of(error, self.path)
            then = "Nothing was changed." if self.part is None else f"Then go on with {RESUME}."
            order = (then, fault.remedy) if self.part is None else (fault.remedy, then)
            raise FileError(fault.where, f"cannot be written: {fault.found}", remedy=" ".join(order)) from error

"""Every error that spanloom raises on purpose.

    SpanloomError
    ├── DataError         something in the user's data
    ├── ConfigError       something in a configuration file, an override or an argument
    ├── CheckpointError   something in a run folder, a checkpoint or a bundle
    ├── ExportRefused     an export that would lose more quality than was allowed
    ├── FileError         a file or a stream that cannot be read or written
    └── MissingExtra      a feature whose optional packages are not installed

The command line prints one of these as one sentence and exits with code 2. Anything else that escapes is our own bug.
"""

from __future__ import annotations

import errno
import os
import re

MOST = {"where": 300, "found": 440, "expected": 800, "remedy": 440}
"""How many characters of each part of an error are shown: less than 2,000 in all."""

MOST_QUOTED = 160
"""How many characters of one quoted value are shown."""

_QUOTED = re.compile(rf"(?<!\w)(['\"])((?:(?!\1).){{{MOST_QUOTED + 1},}})\1(?!\w)", re.DOTALL)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and its end with an ellipsis between: `most` characters."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}…{text[-end:]}"


def _brief(text: str, most: int) -> str:
    """A part of an error, cut where a value in it, or all of it, is too long to be read."""
    cut = shortened(text, most)
    return _QUOTED.sub(lambda value: f"{value[1]}{shortened(value[2], MOST_QUOTED)}{value[1]}", cut)


class SpanloomError(Exception):
    """A fault that the user can mend: where it is, what was found, what was expected, what to do.

    `str(error)` is one line, `WHERE: FOUND; EXPECTED. REMEDY`, without the parts that are empty; what is too long to be
    read is cut in its middle, which an ellipsis says. The attributes keep the whole.
    """

    def __init__(self, where: str, found: str, expected: str = "", remedy: str = "") -> None:
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy
        where, found, expected, remedy = (_brief(str(vars(self)[name]), most) for name, most in MOST.items())
        statement = f"{found}; {expected}" if expected else found
        location = f"{where}: " if where else ""
        stop = "" if statement.endswith("?") else "."  # of "did you mean …?"
        ending = f"{stop} {remedy}" if remedy else ""
        super().__init__(f"{location}{statement}{ending}")


class DataError(SpanloomError):
    """A fault in the user's data; `where` is `path:line` where a line is known."""


class ConfigError(SpanloomError):
    """A fault in a configuration file, in a `key=value` override or in an argument."""


class CheckpointError(SpanloomError):
    """A run folder, checkpoint or bundle that is missing, damaged, or made for another version."""


class ExportRefused(SpanloomError):
    """An export that scored worse than its source by more than was allowed."""


class FileError(SpanloomError):
    """A file, a folder or a standard stream that the system would not read or write."""

    @classmethod
    def of(cls, error: OSError, path: str | os.PathLike[str] = "") -> FileError:
        """What an error of the system means and what to do; `path` where the error itself names no file."""
        where = error.filename if isinstance(error.filename, (str, bytes, os.PathLike)) else path
        found, remedy = _OF_SYSTEM.get(error.errno or 0, ("", ""))
        found = found or error.strerror or str(error) or type(error).__name__
        return cls(os.fsdecode(where), found, remedy=remedy or "Check this path, or name another.")


_OF_SYSTEM = {
    errno.ENOENT: ("no such file or folder", "Check the path."),
    errno.EACCES: ("no permission to read or write it", "Change its permissions with chmod, or name another."),
    errno.EPERM: ("no permission to change it", "Change its permissions or its owner, or name another."),
    errno.EEXIST: ("it is there already", "Remove it, or name another."),
    errno.EISDIR: ("a directory, not a file", "Name a file inside it."),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "Name a folder that is there, or a new one."),
    errno.ENOTEMPTY: ("a folder with files in it", "Empty it, or name another."),
    errno.ENOSPC: ("No space left on device", "Free some space, or name a place on another disk."),
    errno.EDQUOT: ("the quota of disk space is used up", "Free some space, or name a place on another disk."),
    errno.EFBIG: ("more than the largest file that is allowed", "Raise the limit (ulimit -f), or name another disk."),
    errno.EROFS: ("its disk may only be read", "Name a place on another disk."),
    errno.ENAMETOOLONG: ("a name longer than the system takes", "Name it more briefly."),
    errno.ELOOP: ("symbolic links lead in a circle", "Remove one of the links, or name the file itself."),
    errno.EMFILE: ("too many files are open at once", "Raise the limit (ulimit -n) and run the command again."),
    errno.ENFILE: ("too many files are open on this machine", "Close some programs and run the command again."),
    errno.ENXIO: ("a device or a socket that nobody answers", "Name a file."),
    errno.EBADF: ("it is closed", "Leave it open, or name a file with --output."),
    errno.EIO: ("the disk or the terminal failed", "Check the device, or name a place on another."),
}
"""By the system's number of a fault: what it means for a file, and the act that mends it."""


class MissingExtra(SpanloomError):
    """A feature whose optional dependencies are not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            feature,
            f"needs packages that are not installed (the '{extra}' extra)",
            remedy=f"Install it with: pip install 'spanloom[{extra}]'",
        )

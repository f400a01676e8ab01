"""What the command line says of an error, and with which exit code it ends."""

from __future__ import annotations

import platform

from spanloom import __version__
from spanloom.errors import DataError, FileError, SpanloomError

BUG = 1
MENDABLE = 2


def mendable(error: BaseException) -> SpanloomError | None:
    """The error as one that says what to do, None where only we could do something."""
    if isinstance(error, SpanloomError):
        return error
    if isinstance(error, OSError):
        return FileError.of(error)
    if isinstance(error, MemoryError):
        expected = "a smaller input, batch or model, or a machine with more"
        return SpanloomError(
            "memory", f"there is not enough{_said(error)}", expected, "Close other programs, or make it smaller."
        )
    if isinstance(error, RecursionError):
        expected = "objects and lists inside one another a few levels deep"
        return DataError("input", "is nested too deeply", expected, "Flatten the data, or the settings.")
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of Path.resolve, before Python 3.13
        return FileError("path", f"symbolic links lead in a circle ({error})", remedy="Remove one of the links.")
    if isinstance(error, ValueError) and "embedded null" in str(error):
        remedy = "Take it out of the paths in the settings."
        return FileError("path", "holds the character NUL, which no file's name can have", remedy=remedy)
    return None


def _said(error: BaseException) -> str:
    return f" ({error})" if str(error) else ""


def bug_report(error: Exception, debug: bool) -> list[str]:
    """What to say when an error escapes that nobody raised on purpose, line by line."""
    return [
        f"This is a bug in spanloom: {type(error).__name__}: {error}",
        *([] if debug else ["Run the same command with --debug to see where it happened."]),
        "Please report it, with the command, the --debug output and this line: "
        f"spanloom {__version__}, Python {platform.python_version()}, {platform.platform()}",
    ]

"""The standard streams of the process as a command finds them: closed, full, or read by nobody any more."""

from __future__ import annotations

import io
import os
import sys

from spanloom.write.atomic import NamedFile
from spanloom.write.lines import STANDARD_OUTPUT


def prepare_streams() -> None:
    """Files and pipes get UTF-8 whatever the locale says; a terminal shows `?` for a character that it lacks.

    A stream that was closed is there again: an empty input, an output that fails when it is written, an error output
    that swallows. Without that a file that is opened later would take its number, and what is printed would land in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR if number == 2 else os.O_RDONLY)  # takes the lowest number that is free
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")
    sys.stderr = sys.stderr or _output(2, "standard error")
    if sys.stdout is None or _is_file_or_pipe(sys.stdout):
        sys.stdout = _output(1, STANDARD_OUTPUT)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _output(number: int, name: str) -> io.TextIOWrapper:
    """A stream on one of the process's outputs whose faults name it."""
    return io.TextIOWrapper(io.BufferedWriter(NamedFile(number, name, closefd=False)), encoding="utf-8")


def _is_file_or_pipe(stream: object) -> bool:
    """Whether this is the process's own standard output, led to something that may be full or closed."""
    try:
        return type(stream) is io.TextIOWrapper and stream.fileno() == 1 and not stream.isatty()
    except (OSError, ValueError):  # a stand-in without a descriptor
        return False

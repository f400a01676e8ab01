"""The one way out for text to a terminal: control characters shown, not acted upon; long messages cut; no markup.

Nothing else in spanloom prints or makes a console, which a test sees to. What goes to a pipe or a file as data, such as
JSON lines, stays as it is.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from spanloom.errors import shortened
from spanloom.write.escapes import json_escaped, visible

if TYPE_CHECKING:
    from rich.console import Console

LONGEST = 2000
"""Characters of a message at most."""


def say(message: str, stream: IO[str] | None = None) -> None:
    """Say one line, on standard error unless told; a stream that takes nothing more is no reason to stop."""
    file = stream or sys.stderr
    try:
        _put(shortened(visible(message), LONGEST) + "\n", file)
    except OSError:
        silence(file)


def say_lines(text: str) -> None:
    """Say several lines on standard error, such as a traceback, each cut where it is too long."""
    for line in text.splitlines():
        say(line)


def tell(line: str = "") -> None:
    """Print one line of a result on standard output."""
    print(shortened(visible(line), LONGEST))


def pour(text: str) -> None:
    """Put a piece of running text on standard output at once: escaped on a terminal, elsewhere as it is."""
    _put(running_text(text, sys.stdout), sys.stdout)


def running_text(text: str, file: IO[str]) -> str:
    """Text of several lines, for this file: on a terminal what it would act upon is escaped."""
    return visible(text, keep="\n\t") if file.isatty() else text


def tell_json(value: Any) -> None:
    """Print a value as one line of JSON on standard output."""
    print(json_text(value, sys.stdout))


def json_text(value: Any, file: IO[str] | None = None) -> str:
    """A value as JSON on one line, for this file: on a terminal what it would act upon is written as JSON escapes."""
    text = json.dumps(value, ensure_ascii=False)
    return json_escaped(text) if file is not None and file.isatty() else text


def terminal(file: IO[str] | None = None, width: int | None = None) -> Console:
    """A console on `file` (standard output unless told) that takes text as text: no markup, no emoji, no escapes."""
    from spanloom.write.consoles import PlainConsole

    return PlainConsole(file=file, width=width, markup=False, emoji=False, highlight=False)


def silence(stream: IO[str]) -> None:
    """Let a stream that failed swallow what is still buffered, so that Python does not fail on it when it exits."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _put(text: str, file: IO[str]) -> None:
    print(text, end="", file=file, flush=True)

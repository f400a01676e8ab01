"""The lines that `predict` reads: of a file, or of a pipe as soon as they are there.

A byte that is no text spoils its own line alone: it comes as half a character, as Python's "surrogateescape" makes it.
"""

from __future__ import annotations

import codecs
import io
import re
import select
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from spanloom.errors import ConfigError, DataError
from spanloom.read.parts.lines import opened_text
from spanloom.read.parts.packed import taken
from spanloom.run.cli.gauge import Gauge

Lines = Iterator[tuple[int, str]]

AT_ONCE = 1 << 16
"""Bytes of a pipe that are taken at most in one go."""

ESCAPED = re.compile(r"[\udc80-\udcff]")


def file_lines(path: Path, encoding: str, gauge: Gauge | None = None) -> Lines:
    """The lines of a file, numbered from 1. Raises DataError for what cannot be read at all."""
    gauge = gauge or Gauge()
    with opened_text(path, encoding, errors="surrogateescape") as file:
        gauge.begin(partial(taken, file))
        try:
            for number, line in enumerate(file, start=1):
                yield number, line.removesuffix("\n")
        finally:
            gauge.end(path.stat().st_size)


class Pipe:
    """The lines of a pipe, and whether another is there already. A line ends at LF, CR or CRLF."""

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self._file: Any = file
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._encoding, self._name = encoding, name
        self._lines: deque[str] = deque()
        self._begun: list[str] = []
        self._ended = False

    def lines(self) -> Lines:
        """Every line, numbered from 1, as soon as it is there. Raises DataError for what cannot be read at all."""
        number = 0
        while self._lines or not self._ended:
            if self._lines:
                number += 1
                yield number, self._lines.popleft()
            else:
                self._take()

    def more(self) -> bool:
        """Whether the next line, or the end, can be had without waiting for it."""
        while not self._lines and not self._ended and self._is_ready():
            self._take()
        return bool(self._lines) or self._ended

    def _is_ready(self) -> bool:
        try:
            return bool(select.select([self._file], [], [], 0)[0])
        except (OSError, ValueError):  # a system that says so of sockets alone, or no file of the system at all
            return False

    def _take(self) -> None:
        """Wait for some bytes, or the end, and part them into lines."""
        with suppress(OSError, ValueError):  # what cannot be asked waits by itself
            select.select([self._file], [], [])  # a pipe that is not to be waited for would give none, as at its end
        raw = self._file.read1(AT_ONCE)
        self._ended = not raw
        try:
            *whole, rest = self._decoder.decode(raw, final=self._ended).split("\n")
        except UnicodeError:
            raise undecodable(self._name, self._encoding) from None
        self._begun.append(whole[0] if whole else rest)
        if whole:
            self._lines.extend(["".join(self._begun), *whole[1:]])
            self._begun = [rest]
        if self._ended and (last := "".join(self._begun)):
            self._lines.append(last)


def refuse_unreadable(line: str, where: str, encoding: str) -> None:
    """Raise DataError for a line with a byte that is no text, or with a NUL, which says that there is none at all."""
    if escaped := ESCAPED.search(line):
        byte = f"byte 0x{ord(escaped.group()) - 0xDC00:02x} at column {escaped.start() + 1}"
        remedy = "Name the file's own encoding (gb18030, say) with --encoding, or save it as UTF-8."
        raise DataError(where, f"{byte} is not {encoding} text", f"{encoding} throughout", remedy)
    if (at := line.find("\0")) >= 0:
        remedy = "Remove it, or name --encoding utf-16 if the text is in that."
        raise DataError(where, f"a NUL byte at column {at + 1}", "plain text", remedy)


def undecodable(where: str, encoding: str) -> DataError:
    """The error for what is no text in an encoding from some place on."""
    remedy = "Name its own encoding with --encoding."
    return DataError(where, f"is not {encoding} text", f"{encoding} throughout", remedy)


def checked_encoding(name: str) -> str:
    """The name of an encoding of texts. Raises ConfigError for any other."""
    try:
        "".encode(name)
    except (LookupError, ValueError):  # Python's "undefined", or a NUL in the name
        found = f"unknown encoding '{name}'"
        raise ConfigError("--encoding", found, "a name such as utf-8 or gb18030", "Name another.") from None
    return name

"""Files to decoded lines, streamed, with their numbers; unpacked on the way if they are packed with gzip.

Faults of the file itself are raised here.

A line ends at LF, CR or CRLF and nowhere else: a Unicode line separator inside a sentence is part of the sentence.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from spanloom.errors import DataError

OPENING = 1 << 20  # characters that are looked at to tell a format
GZIP = b"\x1f\x8b"


def numbered_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines of a file without their ends, numbered from 1. Raises DataError for what cannot be read as text."""
    with decoded(path, encoding) as file:
        for number, line in enumerate(file, start=1):
            refuse_nul(line, path, number)
            yield number, line.rstrip("\n")


def whole_text(path: Path, encoding: str, newline: str | None = None) -> str:
    """The whole file, its line ends turned into LF, or left as they are with `newline` ""."""
    with decoded(path, encoding, newline) as file:
        text = file.read()
    refuse_nul(text, path, 1)
    return text


def opening(path: Path, encoding: str) -> str:
    """The first part of a file, enough to tell its format, or all of a short one."""
    with decoded(path, encoding) as file:
        return file.read(OPENING)


@contextmanager
def decoded(path: Path, encoding: str, newline: str | None = None, errors: str = "strict") -> Iterator[TextIO]:
    """An open text file, without byte order mark. Raises DataError: no such file, or bytes that are no text.

    newline, errors: as `open` has them.
    """
    try:
        codec = codecs.lookup(encoding).name
        kind = "utf-8-sig" if codec == "utf-8" else codec
        with _bytes(path) as raw, io.TextIOWrapper(raw, encoding=kind, errors=errors, newline=newline) as file:
            yield file
    except LookupError:
        raise DataError(
            str(path), f"unknown encoding '{encoding}'", "a name such as utf-8 or gb18030", "Change data.encoding."
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(str(path), "no such file", "a file of examples", "Check the path.") from None
    except IsADirectoryError:
        raise DataError(str(path), "is a directory", "a file of examples", "Name a file inside it.") from None
    except PermissionError:
        raise DataError(str(path), "may not be read", "a readable file", "Change its permissions.") from None
    except UnicodeError:
        raise _undecodable(path, codec) from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        found = f"is cut short or damaged ({error})"
        raise DataError(str(path), found, "a whole gzip file", "Get the file again, or unpack it.") from None


def _bytes(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked where it is packed with gzip, whatever its name: its first bytes say so."""
    file = path.open("rb")
    if file.read(len(GZIP)) == GZIP:
        file.close()
        return cast(BinaryIO, gzip.open(path))
    file.seek(0)
    return file


def _undecodable(path: Path, codec: str) -> DataError:
    """Read the file once more to say which byte on which line is no text in this encoding."""
    decoder = codecs.getincrementaldecoder(codec)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    line, done = 1, 0
    with _bytes(path) as file:
        for chunk in chain(iter(partial(file.read, OPENING), b""), (b"",)):
            held = len(decoder.getstate()[0])
            try:
                line += newlines.decode(decoder.decode(chunk, final=not chunk)).count("\n")
            except UnicodeDecodeError as error:
                before, byte = error.object[: error.start], error.object[error.start]
                line += newlines.decode(before.decode(codec, "replace"), final=True).count("\n")
                offset = done - held + error.start
                found = f"byte 0x{byte:02x} at offset {offset} is not {codec} text"
                remedy = "Set data.encoding to the file's own encoding (gb18030, say), or save it as UTF-8."
                return DataError(f"{path}:{line}", found, f"{codec} throughout", remedy)
            done += len(chunk)
    return DataError(str(path), f"is not {codec} text", f"{codec} throughout", "Set data.encoding.")


def refuse_nul(text: str, path: Path, first_line: int) -> None:
    """Raise DataError where a text holds a NUL; `first_line` is the number of the line on which the text begins."""
    at = text.find("\0")
    if at < 0:
        return
    line = first_line + text.count("\n", 0, at)
    column = at - text.rfind("\n", 0, at)
    raise DataError(
        f"{path}:{line}",
        f"a NUL byte at column {column}",
        "plain text",
        "Remove it, or set data.encoding if the file is UTF-16.",
    )

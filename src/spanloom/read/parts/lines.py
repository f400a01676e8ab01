"""Files to decoded lines, streamed, with their numbers; unpacked on the way if they are packed.

Faults of the file itself are raised here.

A line ends at LF, CR or CRLF and nowhere else: a Unicode line separator inside a sentence is part of the sentence.
"""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TextIO

from spanloom.errors import DataError
from spanloom.read.parts.packed import unpacked
from spanloom.read.parts.zstd import DamagedZstd

OPENING = 1 << 20  # characters that are looked at to tell a format
LINE = 1 << 26  # characters of a line, beyond which it is not meant as one
NO_FILE_IS_IN = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
"""Encodings that Python has for names of hosts and for literals in its source."""
TELL_THEMSELVES = ("utf-8-sig", "utf-16", "utf-32")  # encodings that pass over the byte order mark by themselves
MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


def numbered_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines of a file without their ends, numbered from 1. Raises DataError for what cannot be read as text."""
    with opened_text(path, encoding) as file:
        for number, line in enumerate(iter(partial(file.readline, LINE), ""), start=1):
            if len(line) >= LINE and not line.endswith("\n"):
                found, remedy = f"a line of more than {LINE:,} characters", "Break it into lines."
                raise DataError(f"{path}:{number}", found, "one example a line, or less", remedy)
            refuse_nul(line, path, number)
            yield number, line.rstrip("\n")


def whole_text(path: Path, encoding: str, newline: str | None = None) -> str:
    """The whole file, its line ends turned into LF, or left as they are with `newline` ""."""
    with opened_text(path, encoding, newline) as file:
        text = file.read()
    refuse_nul(text, path, 1)
    return text


def opening(path: Path, encoding: str) -> str:
    """The first part of a file, enough to tell its format, or all of a short one."""
    with opened_text(path, encoding) as file:
        return file.read(OPENING)


@contextmanager
def opened_text(path: Path, encoding: str, newline: str | None = None, errors: str = "strict") -> Iterator[TextIO]:
    """An open text file, without byte order mark. Raises DataError: no such file, or bytes that are no text.

    newline, errors: as `open` has them.
    """
    codec = _codec(encoding, path)
    try:
        with unpacked(path) as raw:
            if codec not in TELL_THEMSELVES:
                _pass_over_mark(raw, codec)
            with io.TextIOWrapper(raw, encoding=codec, errors=errors, newline=newline) as file:
                yield file
    except UnicodeEncodeError:
        raise DataError(repr(str(path)), "is no name of a file", "a path in Unicode", "Check the path.") from None
    except UnicodeError:
        raise _undecodable(path, codec) from None
    except (gzip.BadGzipFile, lzma.LZMAError, zlib.error, DamagedZstd, EOFError) as error:
        raise _damaged(path, error) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError as error:
        if "null" not in str(error):
            raise
        raise DataError(repr(str(path)), "a NUL character in a path", "a path", "Check the path.") from None


def _codec(encoding: str, path: Path) -> str:
    """The name of the codec of an encoding. Raises DataError where no text file is in it."""
    try:
        info = codecs.lookup(encoding)
        "".encode(encoding)  # which a codec from bytes to bytes refuses
        if info.name not in NO_FILE_IS_IN:
            return info.name
    except (LookupError, UnicodeError, ValueError):
        pass
    found, expected = f"unknown encoding {encoding[:60]!r}", "a name such as utf-8, utf-16, cp1252 or gb18030"
    raise DataError(str(path), found, expected, "Set data.encoding to the encoding of the file.")


def _pass_over_mark(raw: io.BufferedReader, codec: str) -> None:
    """Skip the byte order mark that a file may begin with, also where the encoding's name says the order of bytes."""
    try:
        mark = "\ufeff".encode(codec)
    except UnicodeError:
        return  # not in this encoding
    if raw.peek(len(mark))[: len(mark)] == mark:
        raw.read(len(mark))


def _unreadable(path: Path, error: OSError) -> DataError:
    """What the system said when a file was opened or read, as a fault of the user's data."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return DataError(str(path), "no such file", "a file of examples", "Check the path.")
        case IsADirectoryError():
            return DataError(str(path), "is a directory", "a file of examples", "Name a file inside it.")
        case PermissionError():
            return DataError(str(path), "may not be read", "a readable file", f"Allow it: chmod u+r {path.name}")
    found = f"cannot be read ({error.strerror or error})"
    return DataError(str(path), found, "a readable file", "Check the path, and where it leads.")


def _damaged(path: Path, error: Exception) -> DataError:
    found = f"is cut short or damaged ({error})"
    return DataError(str(path), found, "a whole packed file", "Get the file again, or unpack it.")


def _undecodable(path: Path, codec: str) -> DataError:
    """Read the file once more to say which byte on which line is no text in this encoding."""
    decoder = codecs.getincrementaldecoder(codec)()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    line, done = 1, 0
    with unpacked(path) as file:
        begins = file.peek(len(codecs.BOM_UTF32_LE))
        marked = next((name for mark, name in MARKS if begins.startswith(mark)), codec)
        if not codec.startswith(marked):
            found = f"is not {codec} text: it begins with the byte order mark of {marked.upper()}"
            return DataError(f"{path}:1", found, f"{codec} throughout", f"Set data.encoding = '{marked}'.")
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
            except UnicodeError:
                break
            done += len(chunk)
    remedy = "Set data.encoding to the file's own encoding."
    return DataError(str(path), f"is not {codec} text", f"{codec} throughout", remedy)


def refuse_nul(text: str, path: Path, first_line: int) -> None:
    """Raise DataError where a text holds a NUL; `first_line` is the number of the line on which the text begins."""
    at = text.find("\0")
    if at < 0:
        return
    line = first_line + text.count("\n", 0, at)
    column = at - text.rfind("\n", 0, at)
    remedy = "Remove it, or set data.encoding if the file is UTF-16."
    for name, part in (("utf-16-le", text[1:200:2]), ("utf-16-be", text[0:200:2])):
        if first_line == 1 and 2 * part.count("\0") > len(part):
            remedy = f"Set data.encoding = '{name}': the file looks like UTF-16."
    raise DataError(f"{path}:{line}", f"a NUL byte at column {column}", "plain text", remedy)

"""Where `predict` gets its texts from, streamed: lines, JSON lines, any annotated format, or standard input."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read import read
from spanloom.read.lines import numbered_lines

PLAIN = (".txt", ".text", "")
"""The file name endings of plain text, one text a line."""

Lines = Iterator[tuple[int, str]]


def texts_of(name: str, config: DataConfig) -> Iterator[str]:
    """The texts of the file `name`, or of standard input for `-`, one by one.

    Plain text is one text a line, an empty line being an empty text. JSON lines have it in "text". Any other file goes
    through the readers of annotated data, its annotations left aside. Raises DataError with file and line.
    """
    if name == "-":
        first, lines = _peek(standard_input(config.encoding))
        return _json_texts(lines, "<stdin>") if _is_json_text(first) else (line for _, line in lines)
    path = Path(name)
    if path.suffix.lower() in PLAIN:
        return (line for _, line in numbered_lines(path, config.encoding))
    first, lines = _peek(numbered_lines(path, config.encoding))
    if _is_json_text(first):
        return _json_texts(lines, name)
    return (example.input.text for example in read(path, config))


def standard_input(encoding: str) -> Lines:
    """The lines of standard input, each as soon as it is there. Raises DataError for bytes that are no text."""
    number = 0
    for raw in sys.stdin.buffer:
        try:
            line = raw.decode(encoding)
        except UnicodeDecodeError as error:
            found = f"byte 0x{raw[error.start]:02x} is not {encoding} text"
            raise DataError(f"<stdin>:{number + 1}", found, encoding, "Convert it, or name its --encoding.") from None
        except LookupError:
            raise DataError("<stdin>", f"unknown encoding '{encoding}'", "a name such as utf-8 or gb18030") from None
        for part in re.split(r"\r(?!\n|$)", re.sub(r"\r?\n$", "", line)):
            number += 1
            yield number, part.removeprefix("\ufeff") if number == 1 else part


def _peek(lines: Lines) -> tuple[str, Lines]:
    """The first line that is not blank ("" if there is none), and all the lines again."""
    seen = []
    for number, line in lines:
        seen.append((number, line))
        if line.strip():
            break
    return (seen[-1][1] if seen else ""), itertools.chain(seen, lines)


def _is_json_text(line: str) -> bool:
    try:
        item = json.loads(line)
    except ValueError:
        return False
    return isinstance(item, dict) and isinstance(item.get("text"), str)


def _json_texts(lines: Lines, where: str) -> Iterator[str]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{where}:{number}", f"broken JSON ({error})", "one JSON object a line", "Mend it."
            ) from None
        text = item.get("text") if isinstance(item, dict) else None
        if not isinstance(text, str):
            raise DataError(f"{where}:{number}", f'"text" is {text!r}', 'an object with a string "text"', "Add it.")
        yield text

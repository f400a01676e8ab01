"""Where `predict` gets its inputs from, streamed: lines, JSON lines, annotated data, or standard input."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read.lines import numbered_lines

if TYPE_CHECKING:
    from spanloom.run.predictor import Predictor

PLAIN = (".txt", ".text", "")
"""The file name endings of plain text, one text a line."""

Lines = Iterator[tuple[int, str]]


def inputs_of(name: str, predictor: Predictor, config: DataConfig) -> Iterator[Any]:
    """The inputs in the file `name`, or on standard input for `-`, one by one.

    Plain text is one text a line, an empty line being an empty text; for a model of pairs the two stand on one line
    with a tab between, as do the turns of a dialogue, between which there may be several tabs. JSON lines have it in
    "text", in "first" and "second", or in "turns". Any other file, and JSON lines that mark a head and a tail, go
    through the readers of the task's annotated data, its annotations left aside. Raises DataError with file and line.
    """
    path = Path(name)
    if name != "-" and (path.is_dir() or not path.exists()):
        return (example.input for example in predictor.task.read(path, config))
    lines = standard_input(config.encoding) if name == "-" else numbered_lines(path, config.encoding)
    where = "<stdin>" if name == "-" else name
    if path.suffix.lower() not in PLAIN or name == "-":
        first, lines = _peek(lines)
        if _is_json_text(first):
            return (predictor.prepare(text) for text in _json_texts(lines, where))
        if name != "-":
            return (example.input for example in predictor.task.read(path, config))
    return _prepared(((number, together(line, predictor.texts)) for number, line in lines), predictor, where)


def together(line: str, texts: int) -> str | list[str]:
    """What stands on one line, for a model that reads so many texts together (0: the turns of a dialogue)."""
    if texts == 1:
        return line
    return line.split("\t") if texts else re.split("\t+", line.strip("\t"))


def _prepared(texts: Iterator[tuple[int, str | list[str]]], predictor: Predictor, where: str) -> Iterator[Any]:
    for number, given in texts:
        try:
            yield predictor.prepare(given)
        except DataError as error:
            raise DataError(f"{where}:{number}", error.found, error.expected, error.remedy) from None


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
        return _texts_in(json.loads(line)) is not None
    except ValueError:
        return False


def _texts_in(item: Any) -> str | list[str] | None:
    """The text of a JSON object, its two texts, or the turns of a dialogue.

    None where it has none of them, or spans are marked in it.
    """
    if not isinstance(item, dict) or {"head", "tail"} <= item.keys():
        return None
    if isinstance(item.get("text"), str):
        return str(item["text"])
    turns = item.get("turns")
    if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
        return turns
    pair = [text for text in map(item.get, ("first", "second")) if isinstance(text, str)]
    return pair if len(pair) == 2 else None


def _json_texts(lines: Lines, where: str) -> Iterator[str | list[str]]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{where}:{number}", f"broken JSON ({error})", "one JSON object a line", "Mend it."
            ) from None
        texts = _texts_in(item)
        if texts is None:
            text = item.get("text") if isinstance(item, dict) else None
            raise DataError(f"{where}:{number}", f'"text" is {text!r}', 'an object with a string "text"', "Add it.")
        for text in [texts] if isinstance(texts, str) else texts:
            whole(text, f"{where}:{number}")
        yield texts


def whole(text: str, where: str) -> str:
    """The text itself. Raises DataError for half a character, which an argument's bytes or JSON can bring in."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"half a character, {text[error.start]!r}, at offset {error.start}"
        raise DataError(where, found, "text in UTF-8", "Mend it, or read it with --input.") from None
    return text

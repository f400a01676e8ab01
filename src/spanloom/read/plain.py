"""Plain text, of any size: stretches of it one after the other, which together are the whole text.

A stretch ends behind a line if it can, else behind a space, else wherever it is full. What is in memory is never more
than one of them, also where the file is one line of gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.surprisal import Surprisal
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.inputs import Text
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import opened_text, refuse_nul
from spanloom.text.words import tokenize

STRETCH = 4096
"""Characters of a stretch at most, if data.max_characters allows as many: what is read without what stood before it is
but little of so much."""


def fit(beginning: str) -> int:
    """Any text is plain, which is the least that can be said of it."""
    return int(not is_json(beginning))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a stretch, all of its gold 0. Raises DataError citing the line for what is no text."""
    most = min(STRETCH, config.max_characters)
    line, held = 1, ""
    with opened_text(path, config.encoding) as file:
        while more := file.read(most):
            refuse_nul(more, path, line + held.count("\n"))
            held += more
            while len(held) > most:
                end = stretch_end(held, most)
                yield from _example(held[:end], path, line)
                line, held = line + held.count("\n", 0, end), held[end:]
    yield from _example(held, path, line)


def stretch_end(text: str, most: int) -> int:
    """Where to cut a text of more than `most` characters, `most` of them at the latest."""
    for mark in ("\n", " "):
        last = text.rfind(mark, 0, most)
        if last > 0 and not text[:last].isspace():
            return last + 1
    return most


def _example(text: str, path: Path, line: int) -> Iterator[Example]:
    """Of a stretch in which there is anything to read; its source is the line on which that begins."""
    tokens = () if text.isspace() else tokenize(text)  # blanks by the megabyte are passed over quickly
    if tokens:
        first = line + text.count("\n", 0, tokens[0].start)
        yield Example(Text(text, tokens), Surprisal((0.0,) * len(tokens)), Source(str(path), first))


FORMAT = Format(name="plain", shape="plain text", answer=Surprisal, fit=fit, read=read)

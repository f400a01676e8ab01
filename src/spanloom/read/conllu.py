"""CoNLL-U, the format of Universal Dependencies: ten columns, one word a line, `#` comments before each sentence.

`data.tag_column` names the field that is learnt, `upos` if left out. Words are what is tagged: the line of a multiword
token (`3-4 can't`) and empty nodes (`5.1`) are skipped. https://universaldependencies.org/format.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Example, Source, Tags, Text, Token
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.read.json_items import shown
from spanloom.read.lines import numbered_lines
from spanloom.read.tagged import Sentence, tagged_examples
from spanloom.read.texts import checked_text
from spanloom.text.joining import spaces

NAME = "conllu"
SHAPE = "the ten columns of CoNLL-U"
ANSWER = Tags
FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
FIRST_ID = re.compile(r"1|1-\d+|0\.1")
EMPTY = "_"
WRITTEN = {field: lambda cells, column: cells[column] for field in FIELDS[1:]}  # as they stand, not parsed
Lines = Sequence[tuple[int, str]]
Item = Mapping[str, Any]


def fit(beginning: str) -> int:
    for line in beginning.split("\n"):
        if line.strip() and not line.startswith("#"):
            cells = line.split("\t")
            return (1 + len(FIELDS)) * (len(cells) == len(FIELDS) and bool(FIRST_ID.fullmatch(cells[0])))
    return 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence. Raises DataError citing the line, MissingExtra without the `conllu` package."""
    field = _field(config)
    return tagged_examples(partial(_sentences, path, config, field), config)


def _field(config: DataConfig) -> str:
    column = "upos" if config.tag_column is None else config.tag_column
    if isinstance(column, int) and -len(FIELDS) <= column < len(FIELDS):
        return FIELDS[column]
    if column not in FIELDS:
        raise ConfigError("data", f"data.tag_column is {column!r}", f"one of {', '.join(FIELDS)}", "Change it.")
    return str(column)


def _sentences(path: Path, config: DataConfig, field: str) -> Iterator[Sentence]:
    block: list[tuple[int, str]] = []
    for number, line in numbered_lines(path, config.encoding):
        if line.strip():
            block.append((number, line))
        elif block:
            yield from _sentence(path, block, config, field)
            block = []
    if block:
        yield from _sentence(path, block, config, field)


def _sentence(path: Path, block: Lines, config: DataConfig, field: str) -> Iterator[Sentence]:
    """The sentence of a block of lines; none of a block that is all comments."""
    rows = [(number, line) for number, line in block if not line.startswith("#")]
    if not rows:
        return
    parsed = _parsed(path, block, rows)
    words = _words(path, rows, parsed)
    source = Source(str(path), words[0][0])
    forms = [word["form"] for _, word in words]
    tags = [word[field] for _, word in words]
    text = _text(_groups(parsed), parsed.metadata.get("text"))
    if text is not None:
        checked_text(text.text, str(source), config)
    annotated = any(tag != EMPTY for tag in tags)
    yield Sentence(source, forms, tags if annotated else None, [line for line, _ in words], text)


def _words(path: Path, rows: Lines, parsed: Sequence[Item]) -> list[tuple[int, Item]]:
    """The words and their lines. Raises DataError where they are not numbered from 1."""
    words: list[tuple[int, Item]] = []
    for (line, _), item in zip(rows, parsed, strict=True):
        if isinstance(item["id"], tuple):
            continue
        words.append((line, item))
        if item["id"] != len(words):
            found = f"word number {item['id'] or EMPTY}"
            remedy = "Correct the first column, or part sentences by blank lines."
            raise DataError(f"{path}:{line}", found, f"{len(words)}, as words count from 1", remedy)
    if not words:
        raise DataError(f"{path}:{rows[0][0]}", "a sentence without words", "at least one", "Remove it.")
    return words


def _parsed(path: Path, block: Lines, rows: Lines) -> Any:
    """What the `conllu` package makes of a block. Raises DataError citing the line that it cannot read."""
    try:
        from conllu import parse
        from conllu.exceptions import ParseException
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading CoNLL-U", "train") from error
    for number, line in rows:
        if line.count("\t") != len(FIELDS) - 1:
            found = f"{line.count(chr(9)) + 1} tab-separated columns in {shown(line)}"
            raise DataError(f"{path}:{number}", found, "10, or a blank line between sentences", "Correct the line.")
    try:
        return parse("\n".join(line for _, line in block), field_parsers=WRITTEN)[0]
    except ParseException:
        for number, line in rows:
            try:
                parse(line, field_parsers=WRITTEN)
            except ParseException as error:
                raise DataError(f"{path}:{number}", str(error), "CoNLL-U", "Correct the line.") from None
        raise


def _groups(parsed: Sequence[Item]) -> list[tuple[str, list[str]]]:
    """What is written in the text, and the words in it: a word itself, or a multiword token and the words it covers."""
    groups: list[tuple[str, list[str]]] = []
    inside = 0  # the last word of the multiword token that is open
    for item in parsed:
        number = item["id"]
        if isinstance(number, int):
            if number > inside:
                groups.append((item["form"], []))
            groups[-1][1].append(item["form"])
        elif number[1] == "-":
            groups.append((item["form"], []))
            inside = number[2]
    return groups


def _text(groups: Sequence[tuple[str, list[str]]], written: str | None) -> Text | None:
    """The words in their own text, or None where text and words do not agree.

    Words that make up their multiword token (`can` and `n't`) divide its characters. Words that do not (French `de` and
    `le` of `du`) stand in its place, parted by spaces: every token reads as its word, and no two share a character.
    """
    if written is None:
        return None
    parts: list[str] = []
    tokens: list[Token] = []
    at = length = 0  # how far the text was read, and how long the new one is
    for surface, words in groups:
        start = len(written) - len(written[at:].lstrip())
        if not words or not written.startswith(surface, start):
            return None
        parts.append(written[at:start])
        length += start - at
        at = start + len(surface)
        whole = _divided(surface, words)
        spaced = [False] * len(words) if whole else spaces(words)
        for word, gap in zip(whole or words, spaced, strict=True):
            parts.append(f" {word}" if gap else word)
            length += len(parts[-1])
            tokens.append(Token(word, length - len(word), length))
    return None if written[at:].strip() else Text("".join(parts), tuple(tokens))


def _divided(surface: str, words: Sequence[str]) -> list[str]:
    """The characters of a multiword token that each of its words is, in the case of the text; none if they differ."""
    parts, at = [], 0
    for word in words:
        parts.append(surface[at : at + len(word)])
        at += len(word)
    return parts if at == len(surface) and "".join(words).casefold() == surface.casefold() else []

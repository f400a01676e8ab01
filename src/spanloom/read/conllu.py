"""CoNLL-U, the format of Universal Dependencies: ten columns, one word a line, `#` comments before each sentence.

`data.tag_column` names the field that is learnt, `upos` if left out. Words are what is tagged: the line of a multiword
token (`3-4 can't`) and empty nodes (`5.1`) are skipped. https://universaldependencies.org/format.html

Read too are columns that blanks part, and more columns behind the ten (PARSEME's .cupt, Universal Propositions), which
`data.tag_column` counts on, or names where a comment `# global.columns = ID FORM …` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.inputs import Text, Token
from spanloom.read.parts.column_layout import BLANKS
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.read.parts.texts import checked_text
from spanloom.text.joining import spaces

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
FIRST_ID = re.compile(r"1|1-\d+|0\.1")
UPOS = re.compile(r"[A-Z]+|_")
HEAD = re.compile(r"[0-9]{1,9}")
EMPTY = "_"
WRITTEN = {field: lambda cells, column: cells[column] for field in FIELDS[1:]}  # as they stand, not parsed
GLOBAL = "# global.columns ="
Lines = Sequence[tuple[int, str]]
Rows = Sequence[tuple[int, str, list[str]]]  # the number of a line, the line, its cells
Item = Mapping[str, Any]


def fit(beginning: str) -> int:
    """How many fields of CoNLL-U the first line of a word has: all of them, or none."""
    for line in beginning.split("\n"):
        if line.strip() and not line.startswith("#"):
            cells = _cells(line)
            if not FIRST_ID.fullmatch(cells[0]) or len(cells) < len(FIELDS):
                return 0
            known = len(cells) == line.count("\t") + 1 == len(FIELDS)
            return len(FIELDS) if known or _has_a_head(cells) else 0
    return 0


def _has_a_head(cells: Sequence[str]) -> bool:
    """Whether a part of speech, the head of a word and the relation of the two stand where CoNLL-U has them."""
    return bool(UPOS.fullmatch(cells[3]) and HEAD.fullmatch(cells[6])) and not cells[7].isdecimal()


def _cells(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else BLANKS.split(line.strip(" "))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence. Raises DataError citing the line, MissingExtra without the `conllu` package."""
    column = _column(config, opening(path, config.encoding))
    return tagged_examples(partial(_sentences, path, config, column), config)


def _column(config: DataConfig, beginning: str) -> int:
    """The number of the field that is learnt, from the end where it is negative."""
    names, width = list(FIELDS), len(FIELDS)
    for line in beginning.split("\n"):
        if line.startswith(GLOBAL):
            names = line.removeprefix(GLOBAL).casefold().split()
        elif line.strip() and not line.startswith("#"):
            width = max(width, len(_cells(line)))
            break
    column = "upos" if config.tag_column is None else config.tag_column
    if isinstance(column, int) and -width <= column < width:
        return column % width
    if isinstance(column, str) and column.casefold() in names:
        return names.index(column.casefold())
    expected = f"one of {', '.join(names)}" + (f", or 0 to {width - 1}" if width > len(names) else "")
    raise ConfigError("data", f"data.tag_column is {column!r}", expected, "Set data.tag_column to the field to learn.")


def _sentences(path: Path, config: DataConfig, column: int) -> Iterator[Sentence]:
    block: list[tuple[int, str]] = []
    for number, line in numbered_lines(path, config.encoding):
        if line.strip():
            block.append((number, line))
            if len(block) > config.max_characters:
                found = f"a sentence of more than {config.max_characters:,} lines"
                remedy = "Part the sentences by blank lines, or raise data.max_characters."
                raise DataError(f"{path}:{number}", found, "a blank line behind a sentence", remedy)
        elif block:
            yield from _sentence(path, block, config, column)
            block = []
    if block:
        yield from _sentence(path, block, config, column)


def _sentence(path: Path, block: Lines, config: DataConfig, column: int) -> Iterator[Sentence]:
    """The sentence of a block of lines; none of a block that is all comments."""
    rows = [(number, line, _cells(line)) for number, line in block if not line.startswith("#")]
    if not rows:
        return
    parsed = _parsed(path, [line for _, line in block if line.startswith("#")], rows)
    words = _words(path, rows, parsed)
    source = Source(str(path), words[0][0])
    forms = [word["form"] for _, word, _ in words]
    tags = [_tag(cells, column, f"{path}:{number}") for number, _, cells in words]
    text = _text(_groups(parsed), parsed.metadata.get("text"))
    if text is not None:
        checked_text(text.text, str(source), config)
    annotated = any(tag != EMPTY for tag in tags)
    yield Sentence(source, forms, tags if annotated else None, [number for number, _, _ in words], text)


def _tag(cells: Sequence[str], column: int, where: str) -> str:
    if column >= len(cells):
        remedy = "Fill the line, or set data.tag_column to a field that every line has."
        raise DataError(where, f"{len(cells)} columns, but data.tag_column is {column}", "as many in all lines", remedy)
    return cells[column]


def _words(path: Path, rows: Rows, parsed: Sequence[Item]) -> list[tuple[int, Item, list[str]]]:
    """The words, their lines and their cells. Raises DataError where they are not numbered from 1."""
    words: list[tuple[int, Item, list[str]]] = []
    for (line, _, cells), item in zip(rows, parsed, strict=True):
        if isinstance(item["id"], tuple):
            continue
        words.append((line, item, cells))
        if item["id"] != len(words):
            found = f"word number {item['id'] or EMPTY}"
            remedy = "Correct the first column, or part sentences by blank lines."
            raise DataError(f"{path}:{line}", found, f"{len(words)}, as words count from 1", remedy)
    if not words:
        raise DataError(f"{path}:{rows[0][0]}", "a sentence without words", "at least one", "Remove it.")
    return words


def _parsed(path: Path, comments: Sequence[str], rows: Rows) -> Any:
    """What the `conllu` package makes of a block. Raises DataError citing the line that it cannot read."""
    try:
        from conllu import parse
        from conllu.exceptions import ParseException
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading CoNLL-U", "train") from error
    width = max(len(FIELDS), *(width for width, _ in Counter(len(cells) for _, _, cells in rows).most_common(1)))
    for number, line, cells in rows:
        if len(cells) != width:
            found = f"{len(cells)} {'tab-separated ' if chr(9) in line else ''}columns in {shown(line)}"
            expected = f"{width}, or a blank line between sentences"
            raise DataError(f"{path}:{number}", found, expected, "Correct the line.")
    lines = ["\t".join(cells[: len(FIELDS)]) for _, _, cells in rows]
    try:
        return parse("\n".join([*comments, *lines]), field_parsers=WRITTEN)[0]
    except ParseException:
        for (number, _, _), line in zip(rows, lines, strict=True):
            try:
                parse(line, field_parsers=WRITTEN)
            except ParseException as error:
                remedy = "Correct the line."
                raise DataError(f"{path}:{number}", str(error), "CoNLL-U", remedy) from None
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


FORMAT = Format(name="conllu", shape="the ten columns of CoNLL-U", answer=Tags, fit=fit, read=read)

"""CoNLL-U, the format of Universal Dependencies: ten columns, one word a line, `#` comments before each sentence.

`data.tag_column` names the field that is learnt: `upos` if left out, or, where that is empty throughout, `ner`, which
is `NER=B-PER` in the last field, or `xpos`. Words are what is tagged: the line of a multiword token (`3-4 can't`) and
empty nodes (`5.1`) are skipped. https://universaldependencies.org/format.html

Read too are columns that blanks part, and more columns behind the ten (PARSEME's .cupt, Universal Propositions), which
`data.tag_column` counts on, or names where a comment `# global.columns = ID FORM …` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.read.parts.column_layout import BLANKS
from spanloom.read.parts.conllu_text import Item, groups_of, text_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.read.parts.texts import checked_text
from spanloom.text.tags import OUTSIDE

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
FIRST_ID = re.compile(r"1|1-\d+|0\.1")
UPOS = re.compile(r"[A-Z]+|_")
HEAD = re.compile(r"[0-9]{1,9}")
EMPTY = "_"
WRITTEN = {field: lambda cells, column: cells[column] for field in FIELDS[1:]}  # as they stand, not parsed
GLOBAL = "# global.columns ="
UPOS_COLUMN, XPOS_COLUMN, MISC = FIELDS.index("upos"), FIELDS.index("xpos"), FIELDS.index("misc")
NAME = re.compile(r"(?:^|\|)NER=([^|]*)")
"""The tag of a name among the pairs of the last field, as Stanza writes it."""
NER = "ner"
Lines = Sequence[tuple[int, str]]
Rows = Sequence[tuple[int, str, list[str]]]  # the number of a line, the line, its cells


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


def _column(config: DataConfig, beginning: str) -> int | None:
    """The number of the field that is learnt; None for the names in the last one."""
    names, width = list(FIELDS), len(FIELDS)
    for line in beginning.split("\n"):
        if line.startswith(GLOBAL):
            names = line.removeprefix(GLOBAL).casefold().split()
        elif line.strip() and not line.startswith("#"):
            width = max(width, len(_cells(line)))
            break
    column = config.tag_column
    if column is None:
        return _first_filled(beginning)
    if column == NER and NER not in names:
        return None
    if isinstance(column, int) and -width <= column < width:
        return column % width
    if isinstance(column, str) and column.casefold() in names:
        return names.index(column.casefold())
    expected = f"one of {', '.join(names)}" + (f", or 0 to {width - 1}" if width > len(names) else "")
    raise ConfigError("data", f"data.tag_column is {column!r}", expected, "Set data.tag_column to the field to learn.")


def _first_filled(beginning: str) -> int | None:
    """The first of the fields that may be learnt in which anything stands."""
    lines = (line for line in beginning.split("\n") if line.strip() and not line.startswith("#"))
    rows = [cells for cells in map(_cells, lines) if cells[0].isdecimal() and len(cells) >= len(FIELDS)]
    for column in (UPOS_COLUMN, None, XPOS_COLUMN):
        if any(_value(cells, column) != EMPTY for cells in rows):
            return column
    return UPOS_COLUMN


def _value(cells: Sequence[str], column: int | None) -> str:
    if column is not None:
        return cells[column]
    found = NAME.search(cells[MISC])
    return found[1] if found else EMPTY


def _sentences(path: Path, config: DataConfig, column: int | None) -> Iterator[Sentence]:
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


def _sentence(path: Path, block: Lines, config: DataConfig, column: int | None) -> Iterator[Sentence]:
    """The sentence of a block of lines; none of a block that is all comments."""
    rows = [(number, line, _cells(line)) for number, line in block if not line.startswith("#")]
    if not rows:
        return
    parsed = _parsed(path, [line for _, line in block if line.startswith("#")], rows)
    words = _words(path, rows, parsed)
    source = Source(str(path), words[0][0])
    forms = [word["form"] for _, word, _ in words]
    tags = [_tag(cells, column, f"{path}:{number}") for number, _, cells in words]
    text = text_of(groups_of(parsed), parsed.metadata.get("text"))
    if text is not None:
        checked_text(text.text, str(source), config)
    annotated = any(tag != EMPTY for tag in tags)
    if column is None:
        tags = [OUTSIDE if tag == EMPTY else tag for tag in tags]
    lines, name = [number for number, _, _ in words], parsed.metadata.get("sent_id")
    yield Sentence(source, forms, tags if annotated else None, lines, text, fields={"id": name} if name else {})


def _tag(cells: Sequence[str], column: int | None, where: str) -> str:
    if column is not None and column >= len(cells):
        remedy = "Fill the line, or set data.tag_column to a field that every line has."
        raise DataError(where, f"{len(cells)} columns, but data.tag_column is {column}", "as many in all lines", remedy)
    return _value(cells, column)


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
        raise MissingExtra("Reading CoNLL-U", "formats") from error
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


FORMAT = Format(name="conllu", shape="the ten columns of CoNLL-U", answer=Tags, fit=fit, read=read)

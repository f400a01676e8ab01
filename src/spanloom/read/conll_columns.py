"""CoNLL columns: one token a line with its tag in a column of its own, a blank line between sentences.

Columns stand apart by tabs where a line has one, else by spaces. `data.token_column` and `data.tag_column` say which
are meant. A `-DOCSTART-` line is the border of a document, not a sentence. Tjong Kim Sang and De Meulder 2003,
https://aclanthology.org/W03-0419.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Source, Tags
from spanloom.errors import ConfigError, DataError
from spanloom.read.json_items import shown
from spanloom.read.lines import numbered_lines
from spanloom.read.tagged import Sentence, tagged_examples

NAME = "columns"
SHAPE = "one token and its tag a line"
ANSWER = Tags
DOCUMENT = "-DOCSTART-"
JSON = re.compile(r"\s*(\[\s*)?\{\s*[\"}]")
BLANKS = re.compile(r"[ \t]+")
LOOKED_AT = 200  # lines
Blocks = Iterator[list[tuple[int, list[str]]]]


def fit(beginning: str) -> int:
    """How many columns nearly all of the first lines have, two or more. A single line is a sentence."""
    if JSON.match(beginning):
        return 0
    lines = (line for line in beginning.split("\n") if line.strip())
    widths = Counter(len(cells_of(line)) for line in islice(lines, LOOKED_AT) if not line.startswith(DOCUMENT))
    return sum(width for width, count in widths.most_common(1) if width > 1 < count >= 0.8 * widths.total())


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence. Raises DataError citing the line, ConfigError for a column that is not there."""
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    columns: tuple[int, int] | None = None
    for rows in blocks(path, config.encoding):
        number, cells = rows[0]
        token, tag = columns = columns or _columns(config, len(cells), f"{path}:{number}")
        lines = [number for number, _ in rows]
        words, tags = ([cells[column] for _, cells in rows] for column in (token, tag))
        yield Sentence(Source(str(path), number), words, tags, lines)


def blocks(path: Path, encoding: str, is_comment: Callable[[Sequence[str]], bool] = lambda cells: False) -> Blocks:
    """The lines of each sentence, as (number, cells). Raises DataError where a line has another number of cells.

    is_comment: whether the cells before a sentence's first token are no token.
    """
    rows: list[tuple[int, list[str]]] = []
    width = first = 0
    for number, line in numbered_lines(path, encoding):
        if line.strip(" \t") and not line.startswith(DOCUMENT):
            cells = cells_of(line)
            if not rows and is_comment(cells):
                continue
            if not width:
                width, first = len(cells), number
            elif len(cells) != width:
                found = f"{len(cells)} columns in {shown(line)}"
                raise DataError(f"{path}:{number}", found, f"{width}, as on line {first}", "Correct the line.")
            rows.append((number, cells))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def cells_of(line: str) -> list[str]:
    """Only blanks and tabs part columns: other white space does not."""
    return [cell.strip(" ") for cell in line.split("\t")] if "\t" in line else BLANKS.split(line.strip(" "))


def _columns(config: DataConfig, width: int, where: str) -> tuple[int, int]:
    tag_column = -1 if config.tag_column is None else config.tag_column
    for key, column in (("token", config.token_column), ("tag", tag_column)):
        if not isinstance(column, int) or not -width <= column < width:
            found = f"data.{key}_column is {column!r}, but the line has {width} columns"
            raise ConfigError(where, found, f"0 to {width - 1}, or -1 for the last", "Change it.")
    return config.token_column, int(tag_column)

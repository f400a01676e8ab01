"""CoNLL columns: one token a line with its tag in a column of its own, a blank line between sentences.

Columns stand apart by tabs where a line has one, else by spaces. `data.token_column` and `data.tag_column` say which
are meant; without them a first column that counts the tokens is passed over, and tags are in the last column that can
hold them. A `-DOCSTART-` line is the border of a document, not a sentence; `#` comments and a header are no tokens (see
`parts/column_layout.py`). Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.column_choice import layers_note, tag_column, token_column
from spanloom.read.parts.column_layout import DOCUMENT, LOOKED_AT, PART_COUNT, Comments, Layout, NumberedRow, layout_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.read.parts.tagged import Notes, Sentence, tagged_examples

NEARLY_ALL = 0.8


class Block(NamedTuple):
    """The lines of a sentence, and what is to be said of lines that were passed over before and in it.

    Behind the last sentence there may be such lines alone.
    """

    rows: list[NumberedRow]
    notes: Notes


def fit(beginning: str) -> int:
    """1 where nearly all of the first lines have one number of columns, two or more; 2 where tags of spans are in one.

    A single line is a sentence.
    """
    if is_json(beginning):
        return 0
    layout = layout_of(beginning, LOOKED_AT)
    widths = Counter(len(cells) for _, cells in layout.rows)
    widths[layout.width] += sum(len(cells) == layout.width for _, cells in layout.unsure)
    if not any(width > 1 < count >= NEARLY_ALL * widths.total() for width, count in widths.most_common(1)):
        return 0
    return 1 + any(layout.spans[1:])


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a sentence. Raises DataError citing the line, ConfigError for a column that is not there."""
    layout = layout_of(opening(path, config.encoding))
    if not layout.width:
        return iter(())
    where = f"{path}:{layout.first}"
    token = token_column(layout, config, where)
    tag = tag_column(layout, config, token, where)
    return tagged_examples(partial(_sentences, path, config, layout, token, tag), config)


def _sentences(path: Path, config: DataConfig, layout: Layout, token: int, tag: int) -> Iterator[Sentence]:
    note = layers_note(layout, config, token, tag)
    for rows, notes in blocks(path, config, layout, token, [tag]):
        lines = [number for number, _ in rows]
        words, tags = ([cells[column] for _, cells in rows] for column in (token, tag))
        source = Source(str(path), lines[0]) if lines else notes[0][0]
        yield Sentence(source, words, tags, lines, notes=(*notes, *([(source, note)] if note else ())))
        note = ""


def blocks(path: Path, config: DataConfig, layout: Layout, token: int, tags: Sequence[int]) -> Iterator[Block]:
    """The lines of each sentence. Raises DataError where a line has another number of cells.

    token, tags: the columns that hold them.
    """
    comments = Comments(layout, tags)
    rows: list[NumberedRow] = []
    notes: list[tuple[Source, str]] = []
    begun = ""  # what the column of sentences said last
    for number, line in numbered_lines(path, config.encoding):
        source, cells = Source(str(path), number), layout.cells(line)
        blank = not line.strip(" \t") or line.startswith(DOCUMENT)
        note = None if blank else _passed_over(line, cells, source, comments, token, inside=bool(rows))
        if note is not None:
            notes += [(source, note)] if note else []
            continue
        begins = "" if blank or layout.sentence_column is None else cells[layout.sentence_column]
        if rows and (blank or begins not in ("", begun)):
            yield Block(rows, tuple(notes))
            rows, notes = [], []
        begun = begins or begun
        if not blank:
            rows.append((number, cells))
            _refuse_endless(rows, source, config)
    if rows or notes:
        yield Block(rows, tuple(notes))


def _passed_over(
    line: str, cells: Sequence[str], source: Source, comments: Comments, token: int, inside: bool
) -> str | None:
    """None for the line of a token, else what is to be said of it, if anything. Raises DataError for a broken one."""
    layout = comments.layout
    if source.line == layout.header:
        return f"{shown(line)} is taken for the names of the columns"
    note = comments.note(line, cells, str(source), inside)
    if note is not None:
        return note
    if len(cells) != layout.width:
        found = f"{len(cells)} columns in {shown(line)}"
        raise DataError(str(source), found, f"{layout.width}, as on line {layout.first}", "Correct the line.")
    if token > 0 and layout.counts_tokens and PART_COUNT.fullmatch(cells[0]):
        return f"{shown(cells[token])}, number {cells[0]}, is passed over: its words are numbered"
    return None


def _refuse_endless(rows: Sequence[NumberedRow], source: Source, config: DataConfig) -> None:
    """A sentence with more tokens than a text may have characters is not read to its end."""
    if len(rows) > config.max_characters:
        found, expected = f"a sentence of more than {config.max_characters:,} lines", "a blank line behind a sentence"
        remedy = "Part the sentences by blank lines, or raise data.max_characters."
        raise DataError(str(source), found, expected, remedy)


FORMAT = Format(name="columns", shape="one token and its tag a line", answer=Tags, fit=fit, read=read)

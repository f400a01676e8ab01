"""Tables, CSV and TSV, of labelled texts and pairs: `data.delimiter`, `data.header`, `data.quoting` and the columns
`data.label_column`, `data.text_column`, `data.second_column`; what is not set is told by the table's content. A first
line `sep=;`, which spreadsheets write, says the delimiter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.table_columns import Columns, find_columns
from spanloom.read.parts.table_rows import (
    DELIMITERS,
    NumberedRow,
    announced,
    even_rows,
    find_dialect,
    opening_rows,
    split_rows,
)
from spanloom.read.parts.texts import one_or_pair, tokenized


def fit(beginning: str) -> int:
    """1 where something parts the first line, 2 where that line says what does."""
    first = beginning.strip().partition("\n")[0]
    if announced(first):
        return 2
    return int(not is_json(beginning) and any(delimiter in first for delimiter in DELIMITERS))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a row, streamed. Raises DataError: about the table as a whole at once, else citing the row's line."""
    beginning = opening(path, config.encoding)
    dialect = find_dialect(beginning, path, config)
    known = opening_rows(beginning, dialect, path, config)
    columns = find_columns([row for row in known if len(row) == len(known[0])], path, config) if known else None
    rows = even_rows(split_rows(numbered_lines(path, config.encoding), dialect, path, config), path)
    return _examples(rows, columns, path, config)


def _examples(
    rows: Iterator[NumberedRow], columns: Columns | None, path: Path, config: DataConfig
) -> Iterator[Example]:
    for index, (number, cells) in enumerate(rows):
        assert columns is not None, "the first row could not be read, and yet it was"
        if index == 0 and columns.header:
            continue
        source = Source(str(path), number)
        texts = [tokenized(cells[column].strip(), str(source), config) for column in columns.texts]
        label = class_name(cells[columns.label], str(source), f"the label (column {columns.label})")
        yield Example(one_or_pair(texts, str(source)), Label((label,)), source)


FORMAT = Format(name="table", shape="CSV or TSV: a label and one or two texts a row", answer=Label, fit=fit, read=read)

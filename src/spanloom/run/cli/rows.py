"""Texts in the rows of tables with a header, CSV and TSV, and of Parquet files, streamed; every cell stays a field."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any, Literal

from spanloom.config import DataConfig
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.lines import opening
from spanloom.read.parts.table_rows import Dialect, NumberedRow, announced, find_dialect, opening_rows, split_rows
from spanloom.run.cli.entries import LEFT_ASIDE, TEXT_FIELD, Entry, Maker
from spanloom.run.cli.lines import file_lines, refuse_unreadable
from spanloom.run.cli.objects import TEXTS
from spanloom.text.counts import several

TABLES: Mapping[str, Literal[",", "tab"]] = {".csv": ",", ".tsv": "tab"}
"""The endings of tables, and what most likely parts their cells."""

DELIMITERS: Sequence[Literal[",", ";", "tab"]] = (",", ";", "tab")

PARQUET = b"PAR1"
ROWS = 512
"""Rows of a Parquet file that are held at once."""


def table_entries(path: Path, ending: str, maker: Maker) -> Iterator[Entry] | None:
    """An entry a row; None for a table whose header names no texts, which may be annotated data of a task.

    Raises ConfigError where a header has no column that the user named, DataError for what is no table.
    """
    config = replace(LEFT_ASIDE, encoding=maker.encoding)
    beginning = opening(path, maker.encoding)
    headers = []
    for delimiter in dict.fromkeys((TABLES[ending], *DELIMITERS)):
        dialect = _dialect(beginning, delimiter, path, config)
        header = [name.strip() for name in next(iter(opening_rows(beginning, dialect, path, config)), [])]
        if _holds_texts(header, maker.text_fields):
            lines = file_lines(path, maker.encoding, maker.gauge)
            return _row_entries(header, split_rows(lines, dialect, path, config), path, maker)
        headers.append(header)
    _require_columns(max(headers, key=len), path, maker.text_fields)
    return None


def _dialect(beginning: str, delimiter: Literal[",", ";", "tab"], path: Path, config: DataConfig) -> Dialect:
    """How cells are parted. Those between tabs are quoted where that shows, as a text may begin with a quote mark."""
    quoting: Literal["auto", "yes"] = "auto" if delimiter == "tab" else "yes"
    said = announced(beginning.partition("\n")[0])
    if said:
        return Dialect(said, True)
    return find_dialect(beginning, path, replace(config, delimiter=delimiter, quoting=quoting))


def _holds_texts(names: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the texts are among the columns of these names; a wanted one may be a field of such a column."""
    if wanted:
        return all(name in names or name.partition(".")[0] in names for name in wanted)
    return any(set(keys) <= set(names) for keys in TEXTS)


def _require_columns(names: Sequence[str], path: Path, wanted: Sequence[str]) -> None:
    for name in wanted:
        if not _holds_texts(names, [name]):
            columns = ", ".join(map(repr, names)) or "none"
            found, expected = f"no column {name!r} in {path}", f"one of its columns: {columns}"
            raise ConfigError(TEXT_FIELD, found, expected, "Name the column that holds the text.")


def _row_entries(header: Sequence[str], rows: Iterator[NumberedRow], path: Path, maker: Maker) -> Iterator[Entry]:
    for number, cells in itertools.islice(rows, 1, None):
        where = f"{path}:{number}"
        try:
            if len(cells) != len(header):
                found = f"a row of {several(len(cells), 'column')}, {shown(cells)}"
                raise DataError(where, found, f"{len(header)}, as the header has", "Correct the row.")
            for cell in cells:
                refuse_unreadable(cell, where, maker.encoding)
        except DataError as error:
            yield Entry(error, where, raw="\t".join(cells))
        else:
            yield maker.of_object(dict(zip(header, cells, strict=True)), where)


def is_parquet(path: Path) -> bool:
    """Whether a file is a Parquet file, whatever its name."""
    with path.open("rb") as file:
        if file.read(len(PARQUET)) != PARQUET:
            return False
        file.seek(-len(PARQUET), 2)
        return file.tell() > 0 and file.read() == PARQUET


def parquet_rows(path: Path) -> int:
    """How many rows a Parquet file has. Raises as `parquet_entries` does."""
    with _parquet(path) as file:
        return int(file.metadata.num_rows)


def parquet_entries(path: Path, maker: Maker, wanted: range | None = None) -> Iterator[Entry]:
    """An entry a row. wanted: those of these rows alone, counted from 0.

    Raises MissingExtra without pyarrow, DataError for a file that is damaged.
    """
    with _parquet(path) as file:
        names = file.schema_arrow.names
        _require_columns(names, path, maker.text_fields)
        if not _holds_texts(names, maker.text_fields):
            found = f"no column 'text' among {', '.join(map(repr, names))}"
            raise DataError(str(path), found, "a column of texts", f"Name it with {TEXT_FIELD}.")
        total, size = max(file.metadata.num_rows, 1), path.stat().st_size
        wanted = range(total) if wanted is None else wanted
        groups, number = _row_groups(file.metadata, wanted)
        for batch in file.iter_batches(batch_size=ROWS, row_groups=groups, use_threads=False):
            maker.gauge.begin(partial(int, size * number / total))
            before = min(max(wanted.start - number, 0), batch.num_rows)
            number += before
            for fields in batch.slice(before, max(wanted.stop - number, 0)).to_pylist():
                number += 1
                yield maker.of_object(plain(fields), f"{path}:{number}")
        maker.gauge.end(size)


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """An open Parquet file. Raises MissingExtra, and DataError for what cannot be read while it is open."""
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise MissingExtra("Reading a Parquet file", "formats") from None
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (arrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataError(str(path), f"cannot be read as Parquet ({reason})", "a whole file", "Write it again.") from None


def _row_groups(metadata: Any, wanted: range) -> tuple[list[int], int]:
    """The groups of rows of a Parquet file that hold these rows, and how many rows stand before them."""
    begin, groups, before = 0, [], 0
    for group in range(metadata.num_row_groups):
        end = begin + metadata.row_group(group).num_rows
        if end <= wanted.start:
            before = end
        elif begin < wanted.stop:
            groups.append(group)
        begin = end
    return groups, before


def plain(value: Any) -> Any:
    """A value of a Parquet file as JSON can hold it: a missing number as null, dates and the like as they are written,
    bytes as the text that they are."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and isnan(value):
        return None
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)

"""Rows as a table, in CSV of which a spreadsheet computes nothing, or in Parquet."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.errors import MissingExtra
from spanloom.write.atomic import atomic_file
from spanloom.write.facts import csv_line
from spanloom.write.lines import atomic_text

ROWS = 10_000
"""Rows of a group in Parquet, which are held at once."""

NUMBERS = {"start": "int64", "end": "int64", "score": "float64"}
"""The types of columns whose names are these, or end so; all others hold text."""

Row = Mapping[str, Any]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """A header and a line each; text that a spreadsheet would compute has a quote mark before it."""
    count = 0
    with atomic_text(path) as file:
        file.write(csv_line(columns))
        for row in rows:
            count += 1
            file.write(csv_line(row[name] for name in columns))
    return count


def write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """A column each, of whole numbers, of numbers with a fraction, or of text. Raises MissingExtra without pyarrow."""
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise MissingExtra("Writing a Parquet file", "formats") from None
    schema = arrow.schema([(name, NUMBERS.get(name.rpartition("_")[2], "string")) for name in columns])
    count = 0
    with atomic_file(path, "wb") as file, parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(iter(rows)):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(itertools.islice(rows, ROWS)):
        yield group

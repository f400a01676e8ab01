"""Rows as a table, in CSV of which a spreadsheet computes nothing, or in Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.write.atomic import atomic_file
from spanloom.write.facts import csv_line
from spanloom.write.lines import atomic_text
from spanloom.write.parquet import write_rows

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
    types = {name: NUMBERS.get(name.rpartition("_")[2], "string") for name in columns}
    with atomic_file(path, "wb") as file:
        return write_rows(file, rows, types)

"""Parquet files that are one table together, though each was written without a look at the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spanloom.write.atomic import atomic_file
from spanloom.write.parquet import EXACT, JSON, joined, libraries, schema_of, write_typed


def give_same_columns(files: Sequence[Path]) -> None:
    """Write those files anew that have other columns, or of other types, than all of them together need.

    Readers of a folder take the columns of one file for those of all, and where no text of a file has an entity, that
    file cannot say of what kind its list of entities is. Files that `write_parquet` wrote are meant; each is whole at
    any time, and one of them is held in memory. Raises MissingExtra without pyarrow.
    """
    types = _types(files)
    for file in files:
        found = _open(file)
        if not found.schema_arrow.equals(schema_of(types), check_metadata=True):
            with atomic_file(file, "wb") as anew:
                write_typed(anew, _rows(found), types)


def _types(files: Sequence[Path]) -> dict[str, Any]:
    """The type of each column of all files, None where values are to be JSON."""
    arrow, _ = libraries()
    types: dict[str, Any] = {}
    large = set()
    for file in files:
        found = _open(file)
        for field in found.schema_arrow:
            name, kind = field.name, None if field.metadata == JSON else field.type
            if kind is not None and arrow.types.is_string(kind) and _is_empty(found, name):
                kind = arrow.null()
            if kind is not None and arrow.types.is_integer(kind) and _is_large(found, name):
                large.add(name)
            types[name] = joined(types.get(name, arrow.null()), kind)
    for name, kind in types.items():
        if kind is not None and arrow.types.is_floating(kind) and name in large:
            types[name] = None
        elif kind == arrow.null():
            types[name] = arrow.string()
    return types


def _is_empty(file: Any, name: str) -> bool:
    """Whether a column has no value, as the end of the file tells, which alone is read for it."""
    return all(told is not None and told.num_values == 0 for told in _told(file, name))


def _is_large(file: Any, name: str) -> bool:
    """Whether a column has whole numbers that are not exact among those with a fraction."""
    ends = (end for told in _told(file, name) if told is not None and told.has_min_max for end in (told.min, told.max))
    return any(abs(end) > EXACT for end in ends)


def _told(file: Any, name: str) -> list[Any]:
    """What each group of rows tells of a column."""
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    columns = (group.column(number) for group in groups for number in range(group.num_columns))
    return [column.statistics for column in columns if column.path_in_schema == name]


def _rows(file: Any) -> list[dict[str, Any]]:
    """What `write_parquet` was given for a file that it wrote."""
    as_json = [field.name for field in file.schema_arrow if field.metadata == JSON]
    rows: list[dict[str, Any]] = file.read().to_pylist()
    for row in rows:
        row.update({name: json.loads(row[name]) for name in as_json if row[name] is not None})
    return rows


def _open(file: Path) -> Any:
    _, parquet = libraries()
    return parquet.ParquetFile(file)

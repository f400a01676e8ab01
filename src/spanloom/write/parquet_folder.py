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
            if kind is not None and (arrow.types.is_string(kind) or arrow.types.is_integer(kind)):
                values = [value for value in found.read([name]).column(0).to_pylist() if value is not None]
                if arrow.types.is_string(kind):
                    kind = kind if values else arrow.null()
                elif any(abs(value) > EXACT for value in values):
                    large.add(name)
            types[name] = joined(types.get(name, arrow.null()), kind)
    for name, kind in types.items():
        if kind is not None and arrow.types.is_floating(kind) and name in large:
            types[name] = None
        elif kind == arrow.null():
            types[name] = arrow.string()
    return types


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

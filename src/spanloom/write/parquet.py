"""Objects to a Parquet file, a row each, in memory that does not grow with their number."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from spanloom.errors import MissingExtra

ROWS = 2048
"""Rows that are held at once, and written together."""

EXACT = 2**53
"""Whole numbers up to this are each a number of its own among those with a fraction."""

JSON = {b"holds": b"JSON"}
"""What is said of a column of which each value is written as JSON."""

Objects = Callable[[], Iterator[Mapping[str, Any]]]
"""The objects from the first on, each time it is called."""


def write_parquet(file: IO[bytes], objects: Objects) -> None:
    """Write the objects that JSON lines would hold, with the same names and values.

    They are gone through twice: a column's type is that of all its values. A column of which the values have no type
    in common, or one that Parquet does not know, holds each as JSON, and says so. Raises MissingExtra without pyarrow.
    """
    write_typed(file, objects(), _types(objects()))


def write_typed(file: IO[bytes], rows: Iterable[Mapping[str, Any]], types: Mapping[str, Any]) -> None:
    """Write rows with columns of these types, name -> type of Arrow's, None where values are to be written as JSON."""
    turned = [name for name, kind in types.items() if kind is None]
    rows = ({**row, **{name: _as_json(row[name]) for name in turned if row.get(name) is not None}} for row in rows)
    write_rows(file, rows, schema_of(types))


def schema_of(types: Mapping[str, Any]) -> Any:
    """Columns of these types; a note is with those that hold JSON."""
    arrow, _ = libraries()
    return arrow.schema(
        [arrow.field(name, kind or arrow.string(), metadata=None if kind else JSON) for name, kind in types.items()]
    )


def write_rows(file: IO[bytes], rows: Iterable[Mapping[str, Any]], types: Any) -> int:
    """Write rows with these columns, name -> type as Arrow calls it or a schema of its, and say how many there were.

    Raises MissingExtra without pyarrow.
    """
    arrow, parquet = libraries()
    schema = arrow.schema(list(types.items())) if isinstance(types, Mapping) else types
    count = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in _chunks(iter(rows)):
            writer.write_batch(arrow.RecordBatch.from_pylist(chunk, schema=schema))
            count += len(chunk)
    return count


def libraries() -> tuple[Any, Any]:
    """Arrow, and its Parquet. Raises MissingExtra."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise MissingExtra("Writing a Parquet file", "formats") from None


def joined(one: Any, other: Any) -> Any:
    """The type of Arrow's that holds the values of both; None where there is none, and for None."""
    arrow, _ = libraries()
    if one is None or other is None:
        return None
    try:
        both = [arrow.schema([("", kind)]) for kind in (one, other)]
        return arrow.unify_schemas(both, promote_options="permissive").field(0).type
    except (arrow.ArrowException, TypeError):
        return None


def _types(objects: Iterator[Mapping[str, Any]]) -> dict[str, Any]:
    """The type of each column, None where values are to be written as JSON."""
    arrow, _ = libraries()
    types: dict[str, Any] = {}
    large = set()
    for rows in _chunks(objects):
        for name in dict.fromkeys(name for row in rows for name in row):
            values = [row.get(name) for row in rows]
            if any(isinstance(value, int) and abs(value) > EXACT for value in values):
                large.add(name)
            types[name] = joined(types.get(name, arrow.null()), _type(values))
    for name, kind in types.items():
        rounded = kind is not None and arrow.types.is_floating(kind) and name in large
        if kind is None or rounded or not _is_known(kind, arrow):
            types[name] = None
        elif arrow.types.is_null(kind):
            types[name] = arrow.string()
    return types


def _type(values: Sequence[Any]) -> Any:
    """The type of some values; None where they have none in common."""
    arrow, _ = libraries()
    try:
        return arrow.array(values).type  # `infer_type` would look at some of them only
    except (arrow.ArrowException, OverflowError, TypeError):
        return None


def _is_known(kind: Any, arrow: Any) -> bool:
    """Whether Parquet can hold a type: a list of such, or an object of which at least one field is known."""
    if arrow.types.is_struct(kind):
        return kind.num_fields > 0 and all(_is_known(kind.field(at).type, arrow) for at in range(kind.num_fields))
    return _is_known(kind.value_type, arrow) if arrow.types.is_list(kind) else True


def _chunks(objects: Iterator[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while rows := [_storable(item) for item in itertools.islice(objects, ROWS)]:
        yield rows


def _storable(value: Any) -> Any:
    """The value with half characters, which Parquet cannot hold, as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, Sequence) else value


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

"""Where Hugging Face's data sets stand on a disk, and their rows: Parquet, Arrow, or JSON with the names beside it.

    DATA/dataset_info.json, state.json, data-00000-of-00001.arrow       what `Dataset.save_to_disk` writes
    DATA/dataset_dict.json, train/…, test/…                             several parts, of which one is named
    DATA/*.parquet, DATA/data/*.parquet                                 a part in several files
    DATA.parquet, DATA.arrow, DATA.json                                 one file

They are read with pyarrow, without the package `datasets`, and nothing is looked for elsewhere. What the features of a
data set are is said in the schema of Parquet and Arrow, or in `dataset_info.json`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError, MissingExtra
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.json_items import Item, json_items
from spanloom.read.parts.lines import whole_text

PARQUET, ARROW, STREAM = b"PAR1", b"ARROW1\0\0", b"\xff\xff\xff\xff"
INFO, INFOS, STATE, PARTS = "dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json"
DATA_FOLDER = "data"
METADATA = b"huggingface"
ROWS = 512

Features = Mapping[str, Any]


def claims(path: Path) -> bool:
    """Whether a path is a file of Parquet or Arrow, or a folder of such."""
    if path.is_file():
        return _kind(path) != b""
    if not path.is_dir():
        return False
    return (path / PARTS).is_file() or (path / INFO).is_file() or bool(_parquet_files(path))


def _kind(path: Path) -> bytes:
    """What a file begins with, if that is the mark of Parquet or of Arrow."""
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(PARQUET):
            file.seek(-len(PARQUET), 2)
            return PARQUET if file.read() == PARQUET else b""
    return next((mark for mark in (ARROW, STREAM) if head.startswith(mark)), b"")


def _parquet_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet")) or sorted((folder / DATA_FOLDER).glob("*.parquet"))


def files_of(path: Path) -> list[Path]:
    """The files of rows at a path, in order. Raises DataError where it has several parts, or none."""
    if path.is_file():
        return [path]
    if (path / PARTS).is_file():
        parts = sorted(str(one.parent) for one in path.glob(f"*/{INFO}"))
        raise _several(path, parts, f"Name {parts[-1]}, say." if parts else "Name the folder of one.")
    files = [path / name for name in _said(path)] or sorted(path.glob("*.arrow")) or _parquet_files(path)
    if not files:
        found = "holds no data-….arrow and no .parquet file"
        raise DataError(str(path), found, "what Dataset.save_to_disk writes", "Write the data set again.")
    parts = sorted({one.stem.partition("-")[0] for one in files})
    if len(parts) > 1:
        raise _several(path, parts, "Move the files of each to a folder of its own, or name a file.")
    return files


def _said(folder: Path) -> list[str]:
    """The files that `state.json` names, none where there is none."""
    try:
        said = json.loads((folder / STATE).read_text(encoding="utf-8"))["_data_files"]
        return [Path(one["filename"]).name for one in said]  # of this folder, whatever it says
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _several(path: Path, parts: list[str], remedy: str) -> DataError:
    return DataError(str(path), f"holds several parts: {', '.join(parts)}", "one of them", remedy)


def rows(path: Path, config: DataConfig) -> tuple[Features, Iterator[tuple[Source, Item]]]:
    """What the columns of a data set are, and its rows. Raises DataError, and MissingExtra without pyarrow.

    Of JSON the features are those of a `dataset_info.json` beside it; none where there is none.
    """
    files = files_of(path)
    if path.is_file() and not _kind(path):
        return _beside(path.parent), json_items(path, config)
    features = _features(_schema(files[0])) or _beside(files[0].parent)
    return features, (row for file in files for row in _rows(file))


def _beside(folder: Path) -> Features:
    """The features that a file beside the data says. Raises DataError where it is no JSON."""
    for name in (INFO, INFOS):
        file = folder / name
        if not file.is_file():
            continue
        try:
            said = json.loads(whole_text(file, "utf-8"))
        except ValueError as error:
            raise DataError(str(file), f"not valid JSON: {error}", "what the features are", "Correct it.") from None
        every = [said, *said.values()] if isinstance(said, dict) else []
        found = [one["features"] for one in every if isinstance(one, dict) and isinstance(one.get("features"), dict)]
        if found:
            return found[0]  # type: ignore[no-any-return]
    return {}


def _features(schema: Any) -> Features:
    """The features that the schema of a file says."""
    try:
        said = json.loads((schema.metadata or {})[METADATA])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return said if isinstance(said, dict) else {}


def names_of(feature: Any) -> list[str]:
    """The names of the classes of a column that is a list of such; none of another."""
    inner = feature.get("feature") if isinstance(feature, dict) else None
    inner = inner if isinstance(inner, dict) else feature[0] if isinstance(feature, list) and feature else None
    names = inner.get("names") if isinstance(inner, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise MissingExtra("Reading a data set of Hugging Face", "formats") from None


def _schema(file: Path) -> Any:
    with _opened(file) as opened:
        return opened.schema_arrow if _kind(file) == PARQUET else opened.schema


def _rows(file: Path) -> Iterator[tuple[Source, Item]]:
    number = 0
    arrow = _library("pyarrow")
    try:
        with _opened(file) as opened:
            for batch in _batches(opened, _kind(file)):
                for row in batch.to_pylist():
                    number += 1
                    yield Source(str(file), number), row
    except (arrow.ArrowException, OSError) as error:
        raise _damaged(file, error) from None


def _batches(opened: Any, kind: bytes) -> Iterator[Any]:
    if kind == PARQUET:
        return opened.iter_batches(batch_size=ROWS, use_threads=False)  # type: ignore[no-any-return]
    if kind == STREAM:
        return iter(opened)
    return (opened.get_batch(number) for number in range(opened.num_record_batches))


def _opened(file: Path) -> Any:
    """An open file of rows. Raises DataError where it is damaged."""
    arrow = _library("pyarrow")
    kind = _kind(file)
    try:
        if kind == PARQUET:
            return _library("pyarrow.parquet").ParquetFile(file)
        ipc = _library("pyarrow.ipc")
        source = arrow.memory_map(str(file))
        return ipc.open_file(source) if kind == ARROW else ipc.open_stream(source)
    except (arrow.ArrowException, OSError) as error:
        raise _damaged(file, error) from None


def _damaged(file: Path, error: Exception) -> DataError:
    reason = shown(" ".join(str(error).split()), 120)
    return DataError(str(file), f"cannot be read ({reason})", "a whole file of Parquet or Arrow", "Write it again.")

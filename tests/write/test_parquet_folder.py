"""Parquet files that are one table: pyarrow reads the folder, and every value is what was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyarrow import dataset, parquet

from spanloom.write.parquet import write_parquet
from spanloom.write.parquet_folder import give_same_columns

NOTHING: list[dict[str, Any]] = [{"text": "a", "entities": [], "error": None}]
FOUND: list[dict[str, Any]] = [
    {"text": "Bo", "entities": [{"text": "Bo", "score": 0.5}], "error": None},
    {"text": "b", "entities": [], "error": "too long", "id": 7},
]


def written(folder: Path, *tables: Sequence[Mapping[str, Any]]) -> list[Path]:
    files = [folder / f"{number}.parquet" for number in range(len(tables))]
    for file, rows in zip(files, tables, strict=True):
        with file.open("wb") as opened:
            write_parquet(opened, lambda rows=rows: iter(rows))
    return files


def rows_of(files: Sequence[Path]) -> list[list[dict[str, Any]]]:
    return [parquet.read_table(file).to_pylist() for file in files]


@pytest.mark.parametrize("turn", [1, -1], ids=["nothing first", "nothing last"])
def test_a_file_in_which_nothing_was_found_has_the_columns_of_the_others(turn: int, tmp_path: Path) -> None:
    files = written(tmp_path, *[NOTHING, FOUND][::turn])
    give_same_columns(files)
    assert rows_of(files[::turn]) == [[{**NOTHING[0], "id": None}], [{**FOUND[0], "id": None}, FOUND[1]]]
    assert dataset.dataset(tmp_path, format="parquet").to_table().num_rows == 3
    assert len({parquet.read_schema(file).serialize().to_pybytes() for file in files}) == 1


def test_a_file_that_has_these_columns_already_is_left_as_it_is(tmp_path: Path) -> None:
    files = written(tmp_path, FOUND, NOTHING)
    before = [(file.read_bytes(), file.stat().st_ino) for file in files]
    give_same_columns(files)
    after = [(file.read_bytes(), file.stat().st_ino) for file in files]
    assert after[0] == before[0]
    give_same_columns(files)
    assert [(file.read_bytes(), file.stat().st_ino) for file in files] == after


def test_values_of_no_common_type_are_json_in_every_file_and_written_so_once(tmp_path: Path) -> None:
    files = written(tmp_path, [{"id": 1}, {"id": "a"}], [{"id": 2}], [{"id": {"of": 3}}], [{"id": "b"}])
    for _ in range(2):
        give_same_columns(files)
        assert rows_of(files) == [[{"id": "1"}, {"id": '"a"'}], [{"id": "2"}], [{"id": '{"of": 3}'}], [{"id": '"b"'}]]


def test_whole_numbers_beside_fractions_are_numbers_with_fractions(tmp_path: Path) -> None:
    files = written(tmp_path, [{"score": 1}], [{"score": 0.5}])
    give_same_columns(files)
    assert rows_of(files) == [[{"score": 1.0}], [{"score": 0.5}]]


def test_a_number_that_a_fraction_cannot_hold_is_kept_as_json(tmp_path: Path) -> None:
    files = written(tmp_path, [{"id": 2**53 + 1}], [{"id": 0.5}])
    give_same_columns(files)
    assert rows_of(files) == [[{"id": str(2**53 + 1)}], [{"id": "0.5"}]]

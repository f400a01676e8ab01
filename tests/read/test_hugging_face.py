"""Hugging Face's data sets of token classification, as `datasets` writes them: made here with pyarrow, read without it.

What the folders and the schemas hold was looked up in files of `datasets` 5.2 and 2.14.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError, MissingExtra
from spanloom.read import read

NAMES = ["O", "B-Person", "I-Person"]
STRING = {"dtype": "string", "_type": "Value"}
ROWS = [
    {"id": "0", "tokens": ["Ida", "Berg", "😀"], "ner_tags": [1, 2, 0], "pos_tags": [1, 1, 0]},
    {"id": "1", "tokens": ["He"], "ner_tags": [0], "pos_tags": [0]},
]
GOLD = [Tags(("B-Person", "I-Person", "O")), Tags(("O",))]
OTHERS = "columns of tags passed over: pos_tags"


def listed(kind: str, names: Sequence[str]) -> Any:
    """A column of lists of classes, as versions of `datasets` say it."""
    inner = {"names": list(names), "_type": "ClassLabel"}
    return [inner] if kind == "list" else {"feature": inner, "_type": kind}


def features(kind: str = "List") -> dict[str, Any]:
    named = {"ner_tags": listed(kind, NAMES), "pos_tags": listed(kind, ["X", "NOUN"])}
    return {"id": STRING, "tokens": {"feature": STRING, "_type": "List"}, **named}


def table(rows: Sequence[Mapping[str, Any]] = ROWS, said: Mapping[str, Any] | None = None) -> Any:
    told = json.dumps({"info": {"features": features() if said is None else said}})
    return arrow.Table.from_pylist([*rows]).replace_schema_metadata({"huggingface": told})


def stream(path: Path, content: Any) -> None:
    with arrow.ipc.new_stream(str(path), content.schema) as file:
        file.write_table(content)


def examples(path: Path, **settings: Any) -> list[Example]:
    return list(read(path, DataConfig(**settings), Tags))


def saved(folder: Path, *parts: Any) -> Path:
    """A folder as `Dataset.save_to_disk` writes it, in several files."""
    folder.mkdir(parents=True)
    names = [f"data-{number:05}-of-{len(parts):05}.arrow" for number in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        stream(folder / name, part)
    (folder / "dataset_info.json").write_text(json.dumps({"features": features()}))
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    return folder


@pytest.mark.parametrize("kind", ["List", "Sequence", "list"])
def test_numbers_are_named_by_the_schema_of_parquet(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(table(said=features(kind)), path)
    found = examples(path)
    assert [one.gold for one in found] == GOLD
    assert found[0].input.text == "Ida Berg 😀"
    assert [one.fields for one in found] == [{"id": "0"}, {"id": "1"}]
    assert [case for one in found for _, case in one.mended] == [OTHERS]
    assert [str(one.source) for one in found] == [f"{path}:1", f"{path}:2"]


def test_a_folder_that_was_saved_is_read_file_by_file(tmp_path: Path) -> None:
    folder = saved(tmp_path / "set", table(ROWS[:1]), table(ROWS[1:]))
    (folder / "cache-1.arrow").write_bytes(b"what map() left")
    assert [one.gold for one in examples(folder)] == GOLD


def test_files_of_a_folder_are_its_own_whatever_its_state_says(tmp_path: Path) -> None:
    folder = saved(tmp_path / "set", table())
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../data-00000-of-00001.arrow"}]}))
    assert [one.gold for one in examples(folder)] == GOLD


def file(path: Path, content: Any) -> None:
    with arrow.ipc.new_file(str(path), content.schema) as opened:
        opened.write_table(content)


@pytest.mark.parametrize("write", [stream, file, lambda path, content: parquet.write_table(content, path)])
def test_a_file_is_told_by_its_bytes(write: Any, tmp_path: Path) -> None:
    write(tmp_path / "a.data", table())
    assert [one.gold for one in examples(tmp_path / "a.data")] == GOLD


def test_parquet_files_of_a_repository_are_one_part(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(2):
        parquet.write_table(
            table(ROWS[number : number + 1]), tmp_path / "data" / f"train-0000{number}-of-00002.parquet"
        )
    assert [one.gold for one in examples(tmp_path)] == GOLD
    parquet.write_table(table(), tmp_path / "data" / "test-00000-of-00001.parquet")
    with pytest.raises(DataError, match="holds several parts: test, train; one of them"):
        examples(tmp_path)


def test_of_several_parts_one_is_to_be_named(tmp_path: Path) -> None:
    for name in ("train", "test"):
        saved(tmp_path / "set" / name, table())
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    found = f"set: holds several parts: {tmp_path / 'set' / 'test'}, {tmp_path / 'set' / 'train'}; one of them. Name "
    with pytest.raises(DataError, match=re.escape(found)):
        examples(tmp_path / "set")
    assert [one.gold for one in examples(tmp_path / "set" / "test")] == GOLD


def test_json_has_names_or_its_features_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with pytest.raises(DataError, match=r"a\.jsonl:1: 'ner_tags' holds numbers such as 1, and nothing names them"):
        examples(path)
    (tmp_path / "dataset_info.json").write_text(json.dumps({"features": features()}))
    assert [one.gold for one in examples(path)] == GOLD
    path.write_text('[{"words": ["Ida"], "ner": ["B-Person"]}]')
    assert [one.gold for one in examples(path)] == [Tags(("B-Person",))]


def test_another_column_is_learned_where_it_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path / "set", table())
    found = examples(folder, tag_column="pos_tags")
    assert [one.gold for one in found] == [Tags(("NOUN", "NOUN", "X")), Tags(("X",))]
    assert found[0].mended[0][1] == "columns of tags passed over: ner_tags"
    with pytest.raises(ConfigError, match=r"data\.tag_column is 'chunks'; one of its columns: 'id', 'ner_tags', 'pos"):
        examples(folder, tag_column="chunks")


def test_a_row_whose_tags_are_missing_has_no_gold(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(table([ROWS[0], {"tokens": ["He"], "ner_tags": None}]), path)
    assert [one.gold for one in examples(path)] == [GOLD[0], None]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"ner_tags": [1, 2]}, "3 tokens, but 2 tags in 'ner_tags'; one tag a token"),
        ({"ner_tags": [1, 2, 3]}, "a tag of 'ner_tags' is 3; the number of one of the 3 names, from 0"),
        ({"ner_tags": [1, 2, -1]}, "a tag of 'ner_tags' is -1; the number of one of the 3 names"),
        ({"tokens": ["Ida", None, "x"]}, "a token is None; a string"),
        ({"tokens": None}, "'tokens' is None; a list"),
    ],
)
def test_bad_rows(row: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(table([ROWS[1], ROWS[0] | row]), path)
    with pytest.raises(DataError, match=re.escape(f"a.parquet:2: {message}")):
        examples(path)


def test_a_table_without_tags_says_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"tokens": [["Ida"]], "length": [1]}), path)
    with pytest.raises(ConfigError, match=r"a\.parquet:1: no column of tags; one of its columns: 'length'\. Set"):
        examples(path)


@pytest.mark.parametrize("name", ["data-00000-of-00001.arrow", "dataset_info.json"])
def test_damaged_files_are_named(name: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "set", table(said={}))
    (folder / name).write_bytes((folder / name).read_bytes()[:-40])
    with pytest.raises(DataError, match=f"{name}: (cannot be read|not valid JSON)"):
        examples(folder)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet.write_table(table(), tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"Reading a data set of Hugging Face: .*pip install 'spanloom\[formats\]'"):
        examples(tmp_path / "a.parquet")

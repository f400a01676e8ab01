"""Folders as they lie on disks: brat's with folders inside, hidden files, links in circles, names not in UTF-8."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read import read


def document(folder: Path, name: str, marks: str = "T1\tPER 0 2\tBo\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.txt").write_text(f"Bo left {name} .")
    (folder / f"{name}.ann").write_text(marks)


def names(folder: Path) -> list[str]:
    return [str(Path(example.source.path).relative_to(folder)) for example in read(folder, DataConfig())]


def test_folders_inside_a_folder(tmp_path: Path) -> None:
    document(tmp_path / "train" / "b", "two")
    document(tmp_path / "train", "one")
    document(tmp_path / "train" / "a" / "deep", "three")
    assert names(tmp_path / "train") == ["a/deep/three.ann", "b/two.ann", "one.ann"]
    assert names(tmp_path) == ["train/a/deep/three.ann", "train/b/two.ann", "train/one.ann"]


def test_hidden_files_are_no_data(tmp_path: Path) -> None:
    document(tmp_path, "one")
    (tmp_path / "._one.ann").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    document(tmp_path / "__MACOSX", "._one")
    document(tmp_path / ".git", "two")
    assert names(tmp_path) == ["one.ann"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    document(tmp_path / "data" / "a", "one")
    document(tmp_path / "elsewhere", "two")
    (tmp_path / "data" / "a" / "up").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "self").symlink_to(tmp_path / "data" / "self")
    (tmp_path / "data" / "there").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path / "data") == ["a/one.ann", "there/two.ann"]


def test_a_link_to_itself_and_a_name_that_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("loop", "a" * 300):
        for answer in (Graph, Label):
            with pytest.raises(DataError) as raised:
                read(tmp_path / name, DataConfig(), answer)
            assert raised.value.where == str(tmp_path / name)


@pytest.mark.parametrize("line", ["R1", "R1\t", "R1\t \t", "T2", "T2\t", "R1\truns"])
def test_a_line_without_a_body(tmp_path: Path, line: str) -> None:
    document(tmp_path, "one", f"T1\tPER 0 2\tBo\n{line}\n")
    with pytest.raises(DataError, match=r"one\.ann:2: (a relation that says|T2 says) '.*'; LABEL .*Correct the line\."):
        names(tmp_path)


def test_marks_without_their_text(tmp_path: Path) -> None:
    document(tmp_path / "a", "one")
    (tmp_path / "a" / "one.txt").unlink()
    with pytest.raises(DataError, match=r"a/one\.ann: there is no one\.txt beside it; the text it marks"):
        names(tmp_path)


def named_in_latin_1(folder: Path, name: bytes) -> Path:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    try:
        path.write_text("Warm soup.\n")
    except OSError:  # file systems that take UTF-8 alone
        pytest.skip("no such names here")
    return path


@pytest.mark.parametrize(("named", "first", "second"), [("", b"caf\xe9.txt", "tea.txt"), ("s", b"s.caf\xe9", "s.tea")])
def test_a_class_whose_name_cannot_be_written(tmp_path: Path, named: str, first: bytes, second: str) -> None:
    named_in_latin_1(tmp_path, first)
    (tmp_path / second).write_text("Green.\n")
    message = re.escape(
        f"{tmp_path / named}: the file name {first!r} is not UTF-8; names that are the names of classes"
    )
    with pytest.raises(DataError, match=f"{message}. Rename the file."):
        read(tmp_path / named, DataConfig(), Label)


def test_a_source_with_a_name_that_is_not_utf_8_can_be_written(tmp_path: Path) -> None:
    path = named_in_latin_1(tmp_path, b"caf\xe9.jsonl")
    path.write_text(json.dumps({"text": "Warm.", "label": "good"}))
    (example,) = read(path, DataConfig(), Label)
    assert str(example.source) == f"{tmp_path}/caf\\udce9.jsonl:1"
    assert str(Source("ü.txt", 3)) == "ü.txt:3"
    path.write_text('{"text": "Warm.", "label": ""}')
    with pytest.raises(DataError, match=r"caf\\udce9\.jsonl:1: 'label' is empty"):
        list(read(path, DataConfig(), Label))


@pytest.mark.parametrize("call", ["scandir", "stat"])
def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document(tmp_path, "one")
    document(tmp_path / "shut", "two")
    asked = getattr(os, call)

    def refuse(path: str | Path, **options: Any) -> Any:
        if os.path.basename(path) == "shut":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return asked(path, **options)

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(
        DataError, match=r"shut: cannot be read \(Permission denied\); a folder that may be looked into"
    ):
        names(tmp_path)

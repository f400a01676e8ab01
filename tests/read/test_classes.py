"""One file a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read import read


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content.encode())


def simple(examples: list[Example]) -> list[tuple[str, int, str, str]]:
    return [(Path(e.source.path).name, e.source.line, *e.gold.names, e.input.text) for e in examples]


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path, sunny_txt="Sun all day. \r\n\r\n Not a cloud.\n", rain_txt="\ufeffIt pours.", README_txt="About.")
    write(tmp_path, notes_md="Not data.")
    assert simple(list(read(tmp_path, DataConfig(), Label))) == [
        ("rain.txt", 1, "rain", "It pours."),
        ("sunny.txt", 1, "sunny", "Sun all day."),
        ("sunny.txt", 3, "sunny", "Not a cloud."),
    ]


def test_a_stem(tmp_path: Path) -> None:
    write(
        tmp_path, train_sun="Sun.\n", train_rain="Rain.\n", train_md="About.", dev_sun="A star.\n", dev_rain="Drops.\n"
    )
    assert simple(list(read(tmp_path / "train", DataConfig(), Label))) == [
        ("train.rain", 1, "rain", "Rain."),
        ("train.sun", 1, "sun", "Sun."),
    ]
    assert len(list(read(tmp_path / "dev", DataConfig(format="classes"), Label))) == 2


@pytest.mark.parametrize(
    "names",
    [("train.txt", "dev.txt"), ("train.tsv", "train.csv"), ("a.txt",), ("train.in", "train.out"), (".a.txt", "b.txt")],
)
def test_files_that_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("A line.\n")
    with pytest.raises(DataError, match="is a directory; "):
        read(tmp_path, DataConfig(), Label)
    with pytest.raises(DataError, match="train: no such file; "):
        read(tmp_path / "train", DataConfig(), Label)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"rain\.txt: the file of the class 'rain' is empty; one text a line"),
        (" \n\n", r"rain\.txt: the file of the class 'rain' is empty; one text a line"),
        ("One.\na\0b\n", r"rain\.txt:2: a NUL byte at column 2"),
        ("One.\n\n" + "ab " * 66_667, r"rain\.txt:3: a text of 200,000 characters; at most 100,000"),
    ],
)
def test_bad_files(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path, rain_txt=content, sun_txt="Sun.\n")
    with pytest.raises(DataError, match=message):
        list(read(tmp_path, DataConfig(), Label))


def test_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "雨.txt").write_bytes("下雨了。".encode("gb18030"))
    (tmp_path / "晴.txt").write_bytes("晴天。".encode("gb18030"))
    examples = list(read(tmp_path, DataConfig(encoding="gb18030"), Label))
    assert {(*example.gold.names, example.input.text) for example in examples} == {("雨", "下雨了。"), ("晴", "晴天。")}
    with pytest.raises(DataError, match=r"晴\.txt:1: byte 0x.. at offset . is not utf-8 text"):
        list(read(tmp_path, DataConfig(), Label))

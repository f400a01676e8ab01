"""Files to decoded lines: line ends, encodings, and the faults of a file as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.errors import DataError
from spanloom.read.parts.lines import OPENING, numbered_lines, whole_text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.txt"


def test_every_kind_of_line_end_and_no_other(path: Path) -> None:
    path.write_bytes("one\ntwo\r\nthree\rfour\u2028still\x85four\x0c\n\nsix".encode())
    lines = list(numbered_lines(path, "utf-8"))
    assert lines == [(1, "one"), (2, "two"), (3, "three"), (4, "four\u2028still\x85four\x0c"), (5, ""), (6, "six")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_and_byte_order_marks(path: Path, encoding: str) -> None:
    path.write_bytes("陈莉\r\n住在".encode(encoding))
    assert list(numbered_lines(path, "utf-8" if encoding == "utf-8-sig" else encoding)) == [(1, "陈莉"), (2, "住在")]
    assert whole_text(path, encoding) == "陈莉\n住在"


@pytest.mark.parametrize(
    ("before", "encoding", "line"),
    [
        (b"a\r\nb\rc\n", "utf-8", 4),
        (b"\xef\xbb\xbfa", "utf-8", 1),
        (b"a\r\n" * (OPENING // 2), "utf-8", OPENING // 2 + 1),
        ("陈\n".encode("gb18030"), "gb18030", 2),
    ],
)
def test_undecodable_byte_is_cited_with_offset_and_line(path: Path, before: bytes, encoding: str, line: int) -> None:
    path.write_bytes(before + b"\xff z")
    message = rf"data\.txt:{line}: byte 0xff at offset {len(before)} is not {encoding} text; .*data\.encoding"
    with pytest.raises(DataError, match=message):
        list(numbered_lines(path, encoding))


def test_a_character_cut_at_the_end(path: Path) -> None:
    path.write_bytes("ab北".encode()[:-1])
    with pytest.raises(DataError, match=r"data\.txt:1: byte 0xe5 at offset 2 is not utf-8 text"):
        list(numbered_lines(path, "utf-8"))


def test_nul(path: Path) -> None:
    path.write_bytes(b"one\ntw\0o")
    message = r"data\.txt:2: a NUL byte at column 3; plain text\. Remove it, or set data\.encoding"
    with pytest.raises(DataError, match=message):
        list(numbered_lines(path, "utf-8"))
    with pytest.raises(DataError, match=message):
        whole_text(path, "utf-8")


@pytest.mark.parametrize("encoding", ["latin-nine", "base64"])
def test_unknown_encoding(path: Path, encoding: str) -> None:
    path.write_text("a")
    with pytest.raises(DataError, match=f"unknown encoding '{encoding}'; .*data.encoding"):
        list(numbered_lines(path, encoding))


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(f"{tmp_path / 'none.json'}: no such file; ")):
        list(numbered_lines(tmp_path / "none.json", "utf-8"))
    with pytest.raises(DataError, match=re.escape(f"{tmp_path}: is a directory; ")):
        list(numbered_lines(tmp_path, "utf-8"))

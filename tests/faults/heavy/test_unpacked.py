"""Small files that unpack to much, and lines and sentences without end: refused soon, and in little memory."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from spanloom.answers.graph import Graph
from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read import read
from spanloom.read.parts import lines, packed
from spanloom.read.parts.lines import numbered_lines

GIGABYTE = 1 << 30


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Path]:
    """A gzip file of a gigabyte of one pattern, which is a megabyte or less."""

    def write(pattern: bytes) -> Path:
        path = tmp_path_factory.mktemp("bomb") / "data.gz"
        part = pattern * ((1 << 20) // len(pattern))
        with gzip.open(path, "wb", compresslevel=1) as file:
            for _ in range(64):
                file.write(part)
        whole = path.read_bytes()
        path.write_bytes(whole * (GIGABYTE // (64 * len(part))))  # members that follow each other are one text
        return path

    return write


def peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("pattern", "answer", "found"),
    [
        (b"\0", Tags, "a NUL byte at column 1"),
        (b"a O\n", Tags, "a sentence of more than 20,000 lines; a blank line behind a sentence"),
        (b"a B-X\n", Graph, "a sentence of more than 20,000 lines"),
        (b"[", Label, "no known format"),
        (b" ", Tags, "nothing but white space in the first 1,048,576 characters"),
    ],
)
def test_a_bomb_of_any_kind(bomb: Callable[[bytes], Path], pattern: bytes, answer: type, found: str) -> None:
    path = bomb(pattern)

    def refused() -> None:
        with pytest.raises(DataError, match=found):
            list[Example](read(path, DataConfig(max_characters=20_000), answer))

    assert peak(refused) < 400 << 20


def test_a_line_without_end(bomb: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(b"x")
    monkeypatch.setattr(lines, "LINE", 1 << 20)

    def refused() -> None:
        with pytest.raises(
            DataError, match=r"data\.gz:1: a line of more than 1,048,576 characters; one example a line"
        ):
            list(numbered_lines(path, "utf-8"))

    assert peak(refused) < 16 << 20


def test_what_swells_beyond_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(b"word " * (1 << 23)))
    monkeypatch.setattr(packed, "UNPACKED", 1 << 16)
    found = (
        f"unpacks to more than 100 times its size of {path.stat().st_size:,} bytes; a packed text. Unpack it yourself"
    )

    def refused() -> None:
        with pytest.raises(DataError, match=found):
            lines.whole_text(path, "utf-8")

    assert peak(refused) < 40 << 20


def test_text_that_packs_well_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.conll.gz"
    path.write_bytes(gzip.compress(b"Oslo B-LOC\nslept O\n\n" * 20_000))
    assert sum(1 for _ in read(path, DataConfig(), Tags)) == 20_000


def test_a_sentence_without_end_in_conllu(tmp_path: Path) -> None:
    row = "\tw\tw\tNOUN\t_\t_\t0\troot\t_\t_\n"
    path = tmp_path / "x.conllu"
    path.write_text("".join(f"{number}{row}" for number in range(1, 103)))
    with pytest.raises(DataError, match=r"x\.conllu:101: a sentence of more than 100 lines; a blank line"):
        list(read(path, DataConfig(max_characters=100), Tags))

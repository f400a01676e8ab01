"""The parts of the input files that are answered each by one worker, in one go, to one file."""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from spanloom.errors import ConfigError, DataError
from spanloom.predict.fingerprint import files_hash
from spanloom.read.parts.packed import PACKED
from spanloom.run.cli.entries import Entry, Maker
from spanloom.run.cli.rows import TABLES, is_parquet, parquet_entries, parquet_rows
from spanloom.run.cli.texts import ending_of, files_of, inputs_of, made_of_lines

TEXTS = 1000
"""Texts of a block: some seconds of work, which is what a worker that dies loses."""


@dataclass(frozen=True)
class Block:
    """A part of a file. file: its path, as seen from the folder of all. hash: of its name and its whole content.
    number: of the part in its file.

    kind: what `start` and `end` count, bytes of "lines" or "rows" of a Parquet file; a "whole" file is not parted.
    first: the number of its first line or row, from 1. texts: how many are to be answered, None for all of them.
    """

    file: str
    hash: str
    number: int
    kind: Literal["lines", "rows", "whole"]
    start: int = 0
    end: int = 0
    first: int = 1
    texts: int | None = None

    @property
    def name(self) -> str:
        """What the file of its answers is called, but for the ending."""
        return f"{self.file}.{self.number:05}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def blocks_of(path: Path, maker: Maker, limit: int | None) -> list[Block]:
    """The blocks of a file, or of a folder of texts, in order. limit: texts at most, of all of them.

    Raises ConfigError for a folder of anything else, and where a limit cannot be counted; DataError where there is no
    such path.
    """
    if not path.exists():
        raise DataError(str(path), "no such file or folder", "a folder of texts", "Check the path.")
    files = files_of(path)
    if not files:
        expected = "text, JSON lines, CSV, TSV and Parquet files alone"
        raise ConfigError("--ray", f"{path} is no folder of texts", expected, "Leave --ray out, or name another input.")
    beside = root_of(path)
    found: list[Block] = []
    left = limit
    for file in files:
        if left == 0:
            break
        if file.stat().st_size == 0:
            continue
        name, hash = file.relative_to(beside).as_posix(), files_hash([file], beside)
        parts = list(_parts(file, maker, left))
        if left is not None:
            left -= sum(part.texts or 0 for part in parts)
        found += (Block(name, hash, number, **vars(part)) for number, part in enumerate(parts))
    return found


def root_of(path: Path) -> Path:
    """The folder from which the files of an input are named."""
    return path if path.is_dir() else path.parent


def block_entries(block: Block, path: Path, maker: Maker) -> Iterator[tuple[int, Entry]]:
    """The entries of a block of the file `path`, each with the number of its line or row, or of the text in its file.

    Raises DataError for a file that cannot be read on.
    """
    return itertools.islice(_entries(block, path, maker), block.texts)


@dataclass(frozen=True)
class _Part:
    """What a block says of its place in its file."""

    kind: Literal["lines", "rows", "whole"]
    start: int = 0
    end: int = 0
    first: int = 1
    texts: int | None = None


def _parts(file: Path, maker: Maker, limit: int | None) -> Iterator[_Part]:
    """How a file is parted: UTF-8 lines and Parquet into blocks; what can only be read from its beginning is one."""
    if is_parquet(file):
        rows = parquet_rows(file)
        rows = rows if limit is None else min(rows, limit)
        for start in range(0, rows, TEXTS):
            end = min(start + TEXTS, rows)
            yield _Part("rows", start, end, start + 1, end - start)
    elif _has_lines(file, maker):
        yield from _line_parts(file, made_of_lines(file, maker) == maker.of_json, limit)
    elif limit is None:
        yield _Part("whole")
    else:
        found = f"the texts of {file} cannot be counted before they are read"
        expected = "lines of UTF-8 that are not packed, or Parquet"
        raise ConfigError("--limit", found, expected, "Leave --limit out, or --ray.")


def _has_lines(file: Path, maker: Maker) -> bool:
    """Whether every text is on a line that can be found without reading those before it."""
    by_name = file.suffix.lower() not in PACKED and ending_of(file) not in TABLES
    return by_name and codecs.lookup(maker.encoding).name == "utf-8" and made_of_lines(file, maker) is not None


def _line_parts(file: Path, skips_blank: bool, limit: int | None) -> Iterator[_Part]:
    """Blocks of lines. skips_blank: whether a blank line is no text."""
    start = end = texts = total = 0
    first = line = 1
    with file.open("rb") as lines:
        for raw in lines:
            end += len(raw)
            line += 1 + (raw.count(b"\r") - raw.count(b"\r\n") if b"\r" in raw else 0)  # a CR alone ends a line too
            texts = texts + bool(raw.decode("utf-8", "replace").strip()) if skips_blank else line - first
            if texts >= TEXTS or (limit is not None and total + texts >= limit):
                texts = texts if limit is None else min(texts, limit - total)
                yield _Part("lines", start, end, first, texts)
                start, first, total, texts = end, line, total + texts, 0
                if total == limit:
                    return
    if texts:
        yield _Part("lines", start, end, first, texts)


def _entries(block: Block, path: Path, maker: Maker) -> Iterator[tuple[int, Entry]]:
    if block.kind == "whole":
        yield from enumerate(inputs_of(str(path), maker).entries, start=1)
    elif block.kind == "rows":
        yield from enumerate(parquet_entries(path, maker, range(block.start, block.end)), start=block.first)
    else:
        make = made_of_lines(path, maker)
        assert make is not None
        for number, line in enumerate(_lines(block, path), start=block.first):
            for entry in maker.of_lines(iter([(number, line)]), make, str(path)):
                yield number, entry


def _lines(block: Block, path: Path) -> Sequence[str]:
    """The lines of a block without their ends, decoded as those of a whole file are."""
    with path.open("rb") as file:
        file.seek(block.start)
        raw = file.read(block.end - block.start)
    raw = raw if block.start else raw.removeprefix(codecs.BOM_UTF8)
    text = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8", errors="surrogateescape")
    return [line.removesuffix("\n") for line in text]

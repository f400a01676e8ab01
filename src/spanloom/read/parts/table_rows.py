"""Lines to the rows of a table (CSV, TSV), quoted or not, and which of these a file is.

RFC 4180 quoting: a field that begins with `"` ends at the next single `"`, may hold the delimiter and line breaks, and
writes a quote mark as `""`. In a table without quoting a quote mark is just text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.lines import OPENING
from spanloom.text.counts import several

DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon"}  # the likeliest first
ANNOUNCED = re.compile(r'"?sep=([^\w\s"]|\t)"?[\s,;]*+')
NumberedRow = tuple[int, list[str]]  # the number of its first line, and its cells


@dataclass(frozen=True)
class Dialect:
    """What parts the cells of a row, and whether cells may stand in quote marks."""

    delimiter: str
    quoted: bool


def announced(line: str) -> str | None:
    """The delimiter that a first line `sep=;` says, as spreadsheets write it; None for any other line."""
    found = ANNOUNCED.fullmatch(line)
    return found[1] if found else None


def split_rows(
    lines: Iterable[tuple[int, str]], dialect: Dialect, path: Path, config: DataConfig
) -> Iterator[NumberedRow]:
    """The rows of numbered lines that are not blank. Raises DataError for broken quoting, citing the row's line."""
    lines = ((number, "" if number == 1 and announced(line) else line) for number, line in lines)
    if dialect.quoted:
        yield from _quoted_rows(lines, dialect.delimiter, path, config)
        return
    for number, line in lines:
        if line.strip(" "):
            yield number, line.split(dialect.delimiter)


def _quoted_rows(
    lines: Iterable[tuple[int, str]], delimiter: str, path: Path, config: DataConfig
) -> Iterator[NumberedRow]:
    if config.max_characters >= csv.field_size_limit():  # the module's own limit, 131,072 at first
        csv.field_size_limit(min(config.max_characters + 1, 2**31 - 1))
    last = 0

    def fed() -> Iterator[str]:
        nonlocal last
        for number, line in lines:
            last = number
            yield f"{line}\n"

    reader = csv.reader(fed(), delimiter=delimiter, strict=True)
    while True:
        first = last + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken_quoting(str(error), f"{path}:{first}", last) from None
        if cells is None:
            return
        if len(cells) > 1 or "".join(cells).strip():
            yield first, cells


def _broken_quoting(message: str, where: str, last: int) -> DataError:
    remedy = 'Close the quote and double those inside it (""), or set data.quoting = "no".'
    if "expected after" in message:
        found = f"text after the closing quote mark of a field, on line {last}"
        return DataError(where, found, "the delimiter or the end of the row", remedy)
    if "field limit" in message:
        found = f"a field of more than {csv.field_size_limit():,} characters"
        return DataError(where, found, "data.max_characters at most, or a closing quote mark before that", remedy)
    return DataError(where, "a quote mark that is never closed", "a closing one before the end of the file", remedy)


def opening_rows(beginning: str, dialect: Dialect, path: Path, config: DataConfig) -> list[list[str]]:
    """The cells of the whole rows in the first part of a file, as far as they can be read. Raises nothing."""
    lines = beginning.split("\n")
    if len(beginning) >= OPENING:
        lines.pop()  # it may be cut
    rows: list[list[str]] = []
    with suppress(DataError):  # the reader meets it again, and says so
        rows.extend(cells for _, cells in split_rows(enumerate(lines, start=1), dialect, path, config))
    return rows


def find_dialect(beginning: str, path: Path, config: DataConfig) -> Dialect:
    """What `config` asks for, and the rest by content: the delimiter that cuts most rows into equally many cells.

    A first line such as `sep=;` says it. Raises DataError where there is none, or where two do it equally well.
    """
    if config.delimiter != "auto":
        return _dialect(beginning, "\t" if config.delimiter == "tab" else config.delimiter, config)
    if delimiter := announced(beginning.partition("\n")[0]):
        return _dialect(beginning, delimiter, config)
    shares: dict[Dialect, float] = {}
    for delimiter in DELIMITERS:
        dialect = _dialect(beginning, delimiter, config)
        widths = Counter(len(cells) for cells in opening_rows(beginning, dialect, path, config))
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        if width > 1 and 2 * count > widths.total():
            shares[dialect] = count / widths.total()
    remedy = "Set data.delimiter."
    if not shares:
        found = f"no delimiter, the file begins with {shown(beginning.strip().partition(chr(10))[0])}"
        raise DataError(str(path), found, "rows of equally many columns, between tabs, commas or semicolons", remedy)
    best = [dialect for dialect, share in shares.items() if share == max(shares.values())]
    tabs = [dialect for dialect in shares if dialect.delimiter == "\t"]  # no one writes tabs inside a sentence
    if not tabs and len(best) > 1:
        raise DataError(str(path), "commas and semicolons part the rows equally well", "one of them", remedy)
    return (tabs or best)[0]


def _dialect(beginning: str, delimiter: str, config: DataConfig) -> Dialect:
    if config.quoting != "auto":
        return Dialect(delimiter, config.quoting == "yes")
    return Dialect(delimiter, _is_quoted(beginning, delimiter))


def _is_quoted(beginning: str, delimiter: str) -> bool:
    """Whether the quote marks that begin cells quote them.

    They do where most of these cells end as a quoted cell must. In a table of tabs, where a text may well begin and
    end with a quote mark of its own, they must also have a reason: what is inside needs quoting, or every row has them.
    """
    mark = re.escape(delimiter)
    opened = len(re.findall(rf'(?:^|{mark})"', beginning, re.MULTILINE))
    cell = rf'(?:^|{mark})"([^"]*+(?:""[^"]*+)*+)"(?={mark}|$)'
    insides = re.findall(cell, beginning, re.MULTILINE)
    are_closed = 2 * len(insides) > opened
    if delimiter != "\t":
        return are_closed or not opened
    needed = any('""' in inside or "\t" in inside or "\n" in inside for inside in insides)
    rows = sum(1 for line in beginning.split("\n") if line.strip())
    return are_closed and (needed or len(insides) >= rows)


def even_rows(rows: Iterable[NumberedRow], path: Path) -> Iterator[NumberedRow]:
    """The rows. Raises DataError where one has not as many cells as the first."""
    width = 0
    for number, cells in rows:
        width = width or len(cells)
        if len(cells) != width:
            found = f"a row of {several(len(cells), 'column')}, {shown(cells)}"
            remedy = "Correct the row, or set data.delimiter and data.quoting."
            raise DataError(f"{path}:{number}", found, f"{width}, as in the first row", remedy)
        yield number, cells

"""Tables, CSV and TSV, of pictures: a column of paths, from the folder of the table, and one of labels.

`data.text_column` and `data.label_column` name them where the header or the content does not. In a column `labels`
there are any number of classes in a cell, with `|` between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Image
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import shown
from spanloom.read.parts.json_keys import is_json
from spanloom.read.parts.lines import numbered_lines, opening
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.pictures import NAMES, image_at, is_picture, names_pictures
from spanloom.read.parts.table_columns import LABELS, OTHER_LABELS
from spanloom.read.parts.table_rows import DELIMITERS, even_rows, find_dialect, opening_rows, split_rows

SEVERAL = "labels"
BETWEEN = "|"

PICTURES = 3
"""How well a table of pictures fits: better than it would as a table of texts."""


class Columns(NamedTuple):
    """The places of the paths and of the labels, None where there are none; whether cells hold several labels; whether
    the first row names the columns.
    """

    image: int
    label: int | None
    several: bool
    header: bool


def fit(beginning: str) -> int:
    parted = any(delimiter in beginning.partition("\n")[0] for delimiter in DELIMITERS)
    return PICTURES if parted and not is_json(beginning) and names_pictures(beginning) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a row; no picture is opened here. Raises DataError citing the row's line."""
    beginning = opening(path, config.encoding)
    dialect = find_dialect(beginning, path, config)
    known = opening_rows(beginning, dialect, path, config)
    columns = _columns([row for row in known if len(row) == len(known[0])], path, config) if known else None
    rows = even_rows(split_rows(numbered_lines(path, config.encoding), dialect, path, config), path)
    for index, (number, cells) in enumerate(rows):
        assert columns is not None, "the first row could not be read, and yet it was"
        if index or not columns.header:
            source = Source(str(path), number)
            image = image_at(cells[columns.image].strip(), path, str(source))
            yield Example(image, _gold(cells, columns, source), source)


def _gold(cells: Sequence[str], columns: Columns, source: Source) -> Label | None:
    if columns.label is None:
        return None
    cell, owner = cells[columns.label], f"the label (column {columns.label})"
    parts = [part for part in cell.split(BETWEEN) if part.strip()] if columns.several else [cell]
    return Label(tuple(sorted({class_name(part, str(source), owner) for part in parts})))


def _columns(rows: Sequence[Sequence[str]], path: Path, config: DataConfig) -> Columns:
    """Raises DataError where it is not clear which columns are meant."""
    names = [cell.strip() for cell in rows[0]]
    plain = [name.casefold().replace(" ", "_") for name in names]
    header = config.header == "yes" or (config.header == "auto" and not any(map(is_picture, names)))
    image = _asked(config.text_column, names, "data.text_column", path)
    if image is None and header:
        image = next((plain.index(name) for name in NAMES if name in plain), None)
    if image is None:
        body = rows[header:]
        counts = [sum(is_picture(row[column].strip()) for row in body) for column in range(len(names))]
        image = counts.index(max(counts)) if max(counts, default=0) else None
    label = _asked(config.label_column, names, "data.label_column", path)
    if label is None and header:
        known = [number for number, name in enumerate(plain) if name in {SEVERAL, *LABELS, *OTHER_LABELS}]
        label = known[0] if len(known) == 1 else None
    others = [number for number in range(len(names)) if number != image]
    if label is None and len(others) == 1:
        label = others[0]
    if image is None or (label is None and others):
        found = f"which columns hold the picture and the label is not clear: {shown(names)}"
        remedy = "Name them 'image' and 'label', or set data.text_column and data.label_column."
        raise DataError(str(path), found, "a column of paths and one of labels", remedy)
    return Columns(image, label, header and label is not None and plain[label] == SEVERAL, header)


def _asked(wanted: str | int | None, names: Sequence[str], key: str, path: Path) -> int | None:
    if wanted is None:
        return None
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if isinstance(wanted, int) and -len(names) <= wanted < len(names):
        return wanted % len(names)
    raise DataError(str(path), f"{key} is {wanted!r}", f"one of {shown(list(names))}, or its number", "Correct it.")


FORMAT = Format(
    name="table", shape="CSV or TSV: a picture's path and a label a row", answer=Label, fit=fit, read=read, input=Image
)

"""Where `predict` gets its inputs from, streamed: arguments, files of texts, folders of such, or standard input."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanloom.errors import DataError
from spanloom.read import UnknownFormat, is_text
from spanloom.read.parts.json_items import json_items
from spanloom.read.parts.json_keys import first_keys
from spanloom.read.parts.lines import opening
from spanloom.read.parts.packed import PACKED
from spanloom.run.cli.entries import LEFT_ASIDE, TEXT_FIELD, Entry, Inputs, Make, Maker
from spanloom.run.cli.lines import Pipe, file_lines
from spanloom.run.cli.objects import TEXTS, is_data, object_on, peek, tells_json
from spanloom.run.cli.rows import TABLES, is_parquet, parquet_entries, table_entries

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor

PLAIN = (".txt", ".text", "")
"""The file name endings of plain text, one text a line."""

JSON_LINES = (".jsonl", ".ndjson")

IN_FOLDERS = {*PLAIN[:2], *JSON_LINES, ".json", *TABLES, ".parquet"}
"""The endings of the files of a folder of texts: where any other is in it, it is annotated data of a task."""

LOOKED_AT = 100
"""Lines at the beginning of a file of JSON lines among which one with texts is looked for: the first may be bad."""

CONVERT = "'spanloom convert' takes that setting, and writes what predict can read."

NAMED_TEXTS = "If it holds texts, one a line, let its name end in .txt."
NAMED_COLUMN = f"If it is a table of texts, with a header, name their column with {TEXT_FIELD}."

ENCODING = re.compile(r"data\.encoding ?= ?'?([\w-]+)'?")
SETTING = re.compile(r"\bdata\.[a-z_]+")


def arguments(predictor: Predictor[Any], texts: Sequence[str]) -> Inputs:
    """The inputs that arguments make: one each, or one of all for a model that reads several texts together."""
    if predictor.texts == 1:
        numbered = ((f"text {number}", text) for number, text in enumerate(texts, start=1))
        return Inputs(Entry(predictor.attempt(text, where), where, raw=text) for where, text in numbered)
    together = Entry(predictor.attempt(list(texts), "predict"), "predict", raw="\t".join(texts))
    return Inputs(iter([together]))


def inputs_of(name: str, maker: Maker) -> Inputs:
    """The inputs in the file or the folder `name`, or on standard input for `-`, one by one.

    Plain text is one text a line, an empty line being an empty text; for a model of pairs the two stand on one line
    with a tab between, as do the turns of a dialogue, between which there may be several tabs. JSON lines, the rows of
    a table with a header and of a Parquet file have it in "text", in "first" and "second", or in "turns", or where
    `Maker.text_fields` says; for a model of relations "head" and "tail" mark its spans. Files may be packed. Of a
    folder of such files each is read, in the order of their names. Any other file or folder goes through the readers of
    the task's annotated data, its annotations left aside. Raises DataError for what cannot be read as a whole; a line
    that cannot becomes an entry with that error.
    """
    path = Path(name)
    if name == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        return _piped(name, maker)
    if path.is_file() and maker.predictor.task.is_input(path):
        return arguments(maker.predictor, [name])
    files = files_of(path)
    if not files:
        return Inputs(_named_here(_annotated(path, maker)))
    maker.gauge.total = sum(file.stat().st_size for file in files)
    if path.is_file():
        return Inputs(_named_here(_of_file(path, maker)), gauge=maker.gauge)
    entries = (_named_here(_of_file(file, maker)) for file in files if file.stat().st_size)
    return Inputs(itertools.chain.from_iterable(entries), gauge=maker.gauge)


def files_of(path: Path) -> list[Path]:
    """The file, or those of a folder of texts, in the order of their names; none of anything else."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        return []
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    return files if all(ending_of(file) in IN_FOLDERS for file in files) else []


def ending_of(path: Path) -> str:
    """What the name of a file ends in, in small letters; of a packed one what stands before that ending."""
    ending = path.suffix.lower()
    return Path(path.stem).suffix.lower() if ending in PACKED else ending


def _piped(name: str, maker: Maker) -> Inputs:
    where = "<stdin>" if name == "-" else name
    file = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115  # open while it is read
    pipe = Pipe(file, maker.encoding, where)
    first, lines = peek(pipe.lines(), 1)
    make = maker.of_json if _holds_objects(first, maker) or is_data(first) else maker.of_text
    return Inputs(maker.of_lines(lines, make, where), pipe.more)


def _of_file(path: Path, maker: Maker) -> Iterator[Entry]:
    """What is in a file, opened when it is asked for."""
    yield from _opened(path, maker)


def _opened(path: Path, maker: Maker) -> Iterator[Entry]:
    """What is in a file, by its ending where that says it, else by its content."""
    where, ending = str(path), ending_of(path)
    if path.stat().st_size == 0:
        raise DataError(where, "the file is empty", "at least one text", "Check the path.")
    if is_parquet(path):
        return parquet_entries(path, maker)
    if not is_text(path):
        return _annotated(path, maker)
    if ending in TABLES:
        rows = table_entries(path, ending, maker)
        return _annotated(path, maker) if rows is None else rows
    make = made_of_lines(path, maker)
    if make is not None:
        return maker.of_lines(file_lines(path, maker.encoding, maker.gauge), make, where)
    return _whole(path, maker)


def made_of_lines(path: Path, maker: Maker) -> Make | None:
    """What makes an entry of each line of a file that is no table; None of one that is not read line by line."""
    ending = ending_of(path)
    if ending in PLAIN:
        return maker.of_text
    first, _ = peek(file_lines(path, maker.encoding), LOOKED_AT if ending in JSON_LINES else 1)
    return maker.of_json if _holds_objects(first, maker) else None


def _holds_objects(line: str, maker: Maker) -> bool:
    """Whether a line is one of JSON lines with texts in them."""
    return tells_json(line) or (bool(maker.text_fields) and line.lstrip().startswith("{") and is_data(line))


def _whole(path: Path, maker: Maker) -> Iterator[Entry]:
    """The entries of what is not read line by line: objects in a list or over several lines, and annotated data."""
    keys = first_keys(opening(path, maker.encoding))
    known = {name.partition(".")[0] for name in maker.text_fields} or set(itertools.chain(*TEXTS))
    if keys.isdisjoint(known):
        yield from _annotated(path, maker)
        return
    for source, item in json_items(path, replace(LEFT_ASIDE, encoding=maker.encoding)):
        yield maker.of_object(dict(item), str(source))


def _annotated(path: Path, maker: Maker) -> Iterator[Entry]:
    """What the task's own readers make of a path; fields stay where an example is a JSON object on a line."""
    examples = maker.predictor.task.read(path, replace(LEFT_ASIDE, encoding=maker.encoding))
    objects = _objects(path, maker.encoding) if is_text(path) else iter(())
    number = 0
    item: dict[str, Any] = {}
    for example in examples:
        while number < example.source.line:
            number, item = next(objects, (sys.maxsize, {}))
        fields = item if number == example.source.line else {}
        yield Entry(example.input, str(example.source), fields)


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of JSON lines with the numbers of their lines; none of a file that is something else."""
    for number, line in file_lines(path, encoding):
        if line.strip():
            try:
                yield number, object_on(line, str(path))
            except DataError:
                return


def _named_here(items: Iterator[Any]) -> Iterator[Any]:
    """The items; an error that names a setting of `[data]` names what there is of it for `predict`."""
    try:
        yield from items
    except DataError as error:
        remedy = ENCODING.sub(r"--encoding \1", error.remedy).replace("data.encoding", "--encoding")
        if SETTING.search(remedy):
            remedy = f"{remedy} {CONVERT}"
        if isinstance(error, UnknownFormat):
            remedy = f"{remedy} {NAMED_COLUMN if error.where.endswith(tuple(TABLES)) else NAMED_TEXTS}"
        raise DataError(error.where, error.found, error.expected, remedy) from error

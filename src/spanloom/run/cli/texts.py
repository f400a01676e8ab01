"""Where `predict` gets its inputs from, streamed: arguments, lines, JSON lines, annotated data, or standard input."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanloom.config import DataConfig
from spanloom.errors import DataError
from spanloom.inputs import Relation
from spanloom.predict.outcomes import always
from spanloom.read import UnknownFormat
from spanloom.read.parts.json_items import json_items
from spanloom.read.parts.json_keys import first_keys
from spanloom.read.parts.lines import opening
from spanloom.read.relation_lines import marked_text
from spanloom.run.cli.lines import Lines, Pipe, file_lines, refuse_unreadable
from spanloom.run.cli.objects import TEXTS, Strings, is_data, object_on, peek, tells_json, texts_in

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor

PLAIN = (".txt", ".text", "")
"""The file name endings of plain text, one text a line."""

JSON_LINES = (".jsonl", ".ndjson")

LOOKED_AT = 100
"""Lines at the beginning of a file of JSON lines among which one with texts is looked for: the first may be bad."""

MARKED = {"head", "tail"}

UNLIMITED = sys.maxsize
"""Characters of a text at most: what is too long for a model at once is read in windows."""

CONVERT = "'spanloom convert' takes that setting, and writes what predict can read."

NAMED_TEXTS = "If it holds texts, one a line, let its name end in .txt."

ENCODING = re.compile(r"data\.encoding ?= ?'?([\w-]+)'?")
SETTING = re.compile(r"\bdata\.[a-z_]+")

LEFT_ASIDE = DataConfig(max_characters=UNLIMITED, unknown_keys="ignored", repair=True)
"""How annotated data are read of which only the texts are wanted."""


@dataclass(frozen=True)
class Entry:
    """An input of the task, or the error in its place, and where it stands.

    fields: what stood beside it and stays; raw: what an error shows of it where it has no fields.
    """

    input: Any
    where: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""


@dataclass(frozen=True)
class Inputs:
    """Entries one by one, and whether another can be had without waiting for it."""

    entries: Iterator[Entry]
    more: Callable[[], bool] = always


def arguments(predictor: Predictor[Any], texts: Sequence[str]) -> Inputs:
    """The inputs that arguments make: one each, or one of all for a model that reads several texts together."""
    if predictor.texts == 1:
        numbered = ((f"text {number}", text) for number, text in enumerate(texts, start=1))
        return Inputs(Entry(predictor.attempt(text, where), where, raw=text) for where, text in numbered)
    together = Entry(predictor.attempt(list(texts), "predict"), "predict", raw="\t".join(texts))
    return Inputs(iter([together]))


def inputs_of(name: str, predictor: Predictor[Any], encoding: str) -> Inputs:
    """The inputs in the file `name`, or on standard input for `-`, one by one.

    Plain text is one text a line, an empty line being an empty text; for a model of pairs the two stand on one line
    with a tab between, as do the turns of a dialogue, between which there may be several tabs. JSON lines have it in
    "text", in "first" and "second", or in "turns"; for a model of relations "head" and "tail" mark its spans. Any other
    file goes through the readers of the task's annotated data, its annotations left aside. Raises DataError for what
    cannot be read as a whole; a line that cannot becomes an entry with that error.
    """
    path = Path(name)
    where = "<stdin>" if name == "-" else name
    if name == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        pipe = Pipe(sys.stdin.buffer if name == "-" else path.open("rb"), encoding, where)
        first, lines = peek(pipe.lines(), 1)
        make = _json_entry if tells_json(first) or is_data(first) else _plain_entry
        return Inputs(_entries(lines, partial(make, predictor), where, encoding), pipe.more)
    ending = path.suffix.lower()
    if path.is_file():
        if path.stat().st_size == 0:
            raise DataError(where, "the file is empty", "at least one text", "Check the path.")
        lines = _named_here(file_lines(path, encoding))
        if ending in PLAIN:
            return Inputs(_entries(lines, partial(_plain_entry, predictor), where, encoding))
        first, lines = peek(lines, LOOKED_AT if ending in JSON_LINES else 1)
        if tells_json(first):
            return Inputs(_entries(lines, partial(_json_entry, predictor), where, encoding))
    return Inputs(_named_here(_whole(path, predictor, encoding)))


def together(line: str, texts: int) -> Strings:
    """What stands on one line, for a model that reads so many texts together (0: the turns of a dialogue)."""
    if texts == 1:
        return line
    return line.split("\t") if texts else re.split("\t+", line.strip("\t"))


def _entries(lines: Lines, make: Callable[[str, str], Entry | None], where: str, encoding: str) -> Iterator[Entry]:
    """What is made of each line, or the error in its place."""
    for number, line in lines:
        here = f"{where}:{number}"
        try:
            refuse_unreadable(line, here, encoding)
            entry = make(line, here)
        except DataError as error:
            entry = Entry(error, here)
        if entry is not None:
            yield entry


def _plain_entry(predictor: Predictor[Any], line: str, where: str) -> Entry:
    return Entry(predictor.attempt(together(line, predictor.texts), where), where, raw=line)


def _json_entry(predictor: Predictor[Any], line: str, where: str) -> Entry | None:
    """The entry that a JSON object makes; none of a blank line. Raises DataError for what is no object."""
    if not line.strip():
        return None
    return _object_entry(predictor, object_on(line, where), where)


def _whole(path: Path, predictor: Predictor[Any], encoding: str) -> Iterator[Entry]:
    """The entries of what is not read line by line: objects in a list or over several lines, and annotated data."""
    if path.is_file() and not first_keys(opening(path, encoding)).isdisjoint(itertools.chain(*TEXTS)):
        for source, item in json_items(path, replace(LEFT_ASIDE, encoding=encoding)):
            yield _object_entry(predictor, dict(item), str(source))
    else:
        yield from _annotated(path, predictor, encoding)


def _object_entry(predictor: Predictor[Any], fields: dict[str, Any], where: str) -> Entry:
    try:
        if fields.keys() >= MARKED and isinstance(predictor.task.answer(), Relation):
            return Entry(marked_text(fields, where, LEFT_ASIDE), where, fields)
        return Entry(predictor.attempt(texts_in(fields, predictor.texts, where), where), where, fields)
    except DataError as error:
        return Entry(error, where, fields)


def _annotated(path: Path, predictor: Predictor[Any], encoding: str) -> Iterator[Entry]:
    """What the task's own readers make of a path; fields stay where an example is a JSON object on a line."""
    examples = predictor.task.read(path, replace(LEFT_ASIDE, encoding=encoding))
    objects = _objects(path, encoding) if path.is_file() else iter(())
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
            remedy = f"{remedy} {NAMED_TEXTS}"
        raise DataError(error.where, error.found, error.expected, remedy) from error

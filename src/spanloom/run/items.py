"""Data that a program has in memory: anything with a length and items, each an example, a pair, or a line as a dict."""

from __future__ import annotations

import os
import reprlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from spanloom.answers import kind_of
from spanloom.config import DataConfig, RunConfig
from spanloom.config.data import GIVEN
from spanloom.contracts import Task
from spanloom.core import Example, Source
from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.inputs import Text
from spanloom.text.counts import several
from spanloom.write.lines import write_lines


@runtime_checkable
class Items(Protocol):
    """A list, a `Dataset` of PyTorch or of Hugging Face, a table of one's own."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


Data = str | os.PathLike[str] | Items
"""A file or a folder, or items."""


NOWHERE = Example(None).source
"""The source of an example that was read nowhere."""


class _Reads(NamedTuple):
    """What `Task.prepare` asks of a codec, before there is one: how many texts belong together."""

    texts: int


def path_of(data: Data) -> Path | None:
    """The file or folder that is named; None for items."""
    return Path(data) if isinstance(data, str | os.PathLike) else None


def with_items(task: Task, config: RunConfig, train: Items | None, dev: Items | None) -> tuple[Task, RunConfig]:
    """A task that reads these items in place of files, and the configuration that says so.

    Raises ConfigError where a configuration has several sources too, DataError for an item that is no example.
    """
    given = {name: items for name, items in (("train", train), ("dev", dev)) if items is not None}
    if given and config.data.source:
        found = f"is set, and {next(iter(given))}= is given too"
        raise ConfigError("data.source", found, "one of the two", "Leave one out.")
    held = {GIVEN[name]: examples_of(task, items, name, config.data) for name, items in given.items()}

    def read(path: Path, data: DataConfig) -> Iterator[Example]:
        return iter(held[path]) if path in held else task.read(path, data)

    paths: dict[str, Any] = {name: GIVEN[name] for name in given}
    return replace(task, read=read), replace(config, data=replace(config.data, **paths))


def examples_of(task: Task, items: Data, name: str, data: DataConfig) -> list[Example]:
    """The examples that items make. name: what errors call them, as `name[3]`.

    An item is an `Example`; a pair of what a user has, as `Predictor` takes it, and its gold: of the type of the
    task's answers, or what `AnswerKind.given` takes for it, such as the name of a class; or a dict, an object as in
    spanloom's own JSON lines. Each is asked for once, in order. Raises DataError naming the first that is none of
    these.
    """
    if not isinstance(items, Items) or isinstance(items, str | bytes | Mapping):
        found = f"{reprlib.repr(items)}, of type {type(items).__name__}"
        raise DataError(name, found, "items with __len__ and __getitem__", "Give a list, or a Dataset.")
    read = [_read(task, items, index, f"{name}[{index}]") for index in range(len(items))]
    lines = {f"{name}[{index}]": each for index, each in enumerate(read) if isinstance(each, Mapping)}
    made = _of_lines(task, lines, data) if lines else iter(())
    examples = [each if isinstance(each, Example) else next(made) for each in read]
    if not examples:
        raise DataError(name, "no items", "at least one example", "Give some.")
    return [
        replace(each, source=Source(f"{name}[{index}]", 1)) if each.source == NOWHERE else each
        for index, each in enumerate(examples)
    ]


def _read(task: Task, items: Items, index: int, where: str) -> Example | Mapping[str, Any]:
    try:
        item = items[index]
    except Exception as error:
        found = f"cannot be had ({type(error).__name__}: {error})"
        raise DataError(where, found, "an item for each index below the length", "Mend __getitem__.") from error
    if isinstance(item, Example | Mapping):
        return item
    if not isinstance(item, tuple | list) or len(item) != 2:
        found = f"{reprlib.repr(item)}, of type {type(item).__name__}"
        expected = "an Example, a pair of an input and its gold, or a dict"
        raise DataError(where, found, expected, "Let __getitem__ give one of these.")
    return _pair(task, item[0], item[1], where)


def _pair(task: Task, given: Any, gold: Any, where: str) -> Example | Mapping[str, Any]:
    if isinstance(gold, Mapping):
        return {"text": given, **gold}
    empty = task.answer()
    if gold is not None and not isinstance(gold, type(empty)):
        made = kind_of(empty).given(gold)
        if made is None:
            found = f"the gold {reprlib.repr(gold)}, of type {type(gold).__name__}"
            expected = f"a {type(empty).__name__}, or a dict as in spanloom's JSON lines"
            raise DataError(where, found, expected, "Turn it into one.")
        gold = made
    together = isinstance(given, list | tuple) and not task.takes(given)
    try:
        return Example(task.prepare(given, _Reads(len(given) if together else 1)), gold)
    except SpanloomError as error:
        raise DataError(where, error.found, error.expected, error.remedy) from error


def _of_lines(task: Task, lines: Mapping[str, Mapping[str, Any]], data: DataConfig) -> Iterator[Example]:
    """What a task's own reader makes of objects, by what errors call each. It reads files: they are one meanwhile."""
    if task.input is not Text:
        expected = "a pair: what the model reads, and its gold"
        raise DataError(next(iter(lines)), "a dict", expected, "Let __getitem__ give item['image'], item['label'].")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.jsonl"
        try:
            write_lines(path, lines.values())
            read = list(task.read(path, replace(data, format="auto")))
        except TypeError as error:
            found, expected = f"a dict that JSON cannot hold ({error})", "strings, numbers, lists and dicts"
            raise DataError(next(iter(lines)), found, expected, "Give a pair.") from None
        except DataError as error:
            number = error.where.removeprefix(f"{path}:")
            where = list(lines)[int(number) - 1] if number.isdecimal() else next(iter(lines))
            raise DataError(where, error.found, error.expected, error.remedy) from None
    if len(read) != len(lines):
        found = f"{several(len(lines), 'dict')}, read as {several(len(read), 'example')}"
        raise DataError(next(iter(lines)), found, "an example each", "Give Examples.")
    return iter([replace(each, source=NOWHERE) for each in read])

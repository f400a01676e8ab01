"""doccano's JSON lines of text classification: a text and the list of its classes, under `label` or `labels`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.parts.doccano import IDS, KEYS, unlabelled
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, shown
from spanloom.read.parts.json_keys import first_values
from spanloom.read.parts.offsets import class_name

CLASSES = ("label", "labels")
LISTS = ('["', "[]")
"""How the list of classes of a line begins."""


def fit(beginning: str) -> int:
    """A list under `label`, which our own lines never have; under `labels`, which they have too, beside an id."""
    keys = first_values(beginning)
    lists = [key for key in CLASSES if keys.get(key) in LISTS]
    if not lists or not ({"text", "data"} & keys.keys()):
        return 0
    return len(keys.keys() & KEYS) + 1 if "label" in lists or any(name in keys for name in IDS) else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line. Raises DataError citing it."""
    for source, item in json_items(path, config):
        without = unlabelled(item, source, config)
        key = next((key for key in CLASSES if key in item), None)
        yield without if key is None else replace(without, gold=_classes(item, key, str(source)))


def _classes(item: Item, key: str, where: str) -> Label:
    values = field(item, key, list, where)
    if spans := [value for value in values if isinstance(value, list)]:
        found = f"a class that is {shown(spans[0])}"
        remedy = "These are spans: name another task, such as --task nested."
        raise DataError(where, found, "the name of a class", remedy)
    return Label(tuple(sorted({class_name(value, where, f"one of '{key}'") for value in values})))


FORMAT = Format(
    name="doccano",
    shape="doccano's JSON lines: a text, and label with the names of its classes",
    answer=Label,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
)

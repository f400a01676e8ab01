"""Prodigy's JSON lines of classes: the options that were accepted, or one label that was accepted or not.

    {"text": "…", "options": [{"id": "good", "text": "Good"}, …], "accept": ["good"], "answer": "accept"}
    {"text": "…", "label": "good", "answer": "accept"}

A label that was rejected says which class a text is not of, which is no class to learn: left out and counted, as what
was ignored is. https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, first_keys, listed, object_of, shown
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.prodigy import ACCEPT, ANSWER, OWN_KEYS, decided, examples, fields_of, people
from spanloom.read.parts.texts import tokenized

OPTIONS, LABEL = "options", "label"


def fit(beginning: str) -> int:
    keys = first_keys(beginning)
    marked = OPTIONS in keys or {LABEL, ANSWER} <= keys or (ACCEPT in keys and ANSWER in keys)
    return len(keys & OWN_KEYS) + 1 if "text" in keys and marked else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line that was accepted. Raises DataError citing the line."""
    return examples(path, config, _example)


def _example(source: Source, item: Item, config: DataConfig) -> Example:
    where = str(source)
    text = tokenized(field(item, "text", str, where), where, config)
    without = Example(text, None, source, fields=fields_of(item, config))
    if ACCEPT in item:
        names = [class_name(one, where, "one of 'accept'") for one in field(item, ACCEPT, list, where)]
        known = [_option(one, where) for one in listed(item, OPTIONS, where)]
        if known and (odd := [name for name in names if name not in known]):
            found = f"{shown(odd[0])} is accepted"
            raise DataError(where, found, f"one of the options {', '.join(known)[:200]}", "Correct it.")
        return replace(without, gold=Label(tuple(sorted(set(names)))))
    if item.get(LABEL) is not None:
        return replace(without, gold=Label((class_name(item[LABEL], where, "'label'"),)))
    return without


def _option(value: object, where: str) -> str:
    return class_name(object_of(value, where, "an option").get("id"), where, "options.id")


FORMAT = Format(
    name="prodigy",
    shape="Prodigy's JSON lines: a text with options and what is accepted of them, or a label, and the answer",
    answer=Label,
    fit=fit,
    read=read,
    keys=OWN_KEYS,
    keeps=True,
    people=people,
    decided=decided,
)

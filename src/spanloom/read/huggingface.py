"""Hugging Face's data sets of token classification: `tokens` and a tag for each, such as `ner_tags`.

They stand in Parquet, in Arrow, in a folder that `save_to_disk` wrote, or in JSON (see `parts/hugging_face.py`). Tags
are numbers that the features of the data set name, or the names themselves. `data.tag_column` says which column is
learned; else it is `ner_tags`, or the first of those that are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError
from spanloom.read.parts.format import Format
from spanloom.read.parts.hugging_face import Features, claims, names_of, rows
from spanloom.read.parts.json_items import Item, field, of_kind, shown
from spanloom.read.parts.json_keys import OF_SOME_TASK, first_values
from spanloom.read.parts.tagged import Sentence, tagged_examples
from spanloom.text.counts import several

TOKENS = ("tokens", "words")
TAGS = ("ner_tags", "tags", "labels", "ner", "pos_tags", "upos", "xpos", "pos", "chunk_tags")
"""The columns of tags that are known, the first that is there being learned."""
OURS = "tags"
STRINGS = '["'
SCALAR = (str, int, float)
KEYS = frozenset((*TOKENS, *TAGS))
TAGGED = re.compile(r".*_tags")


def fit(beginning: str) -> int:
    """How many columns of tokens and of tags the first object has; strings under `tags` are our own lines."""
    values = first_values(beginning)
    tokens = next((name for name in TOKENS if name in values), None)
    tags = [name for name in values if name in TAGS or TAGGED.fullmatch(name)]
    if tokens is None or not tags or (tags == [OURS] and values[OURS] in (STRINGS, "[]", "")):
        return 0
    return 1 + len(tags)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a row, which errors cite by its number or line. Raises DataError, ConfigError, MissingExtra."""
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    features, items = rows(path, config)
    column, note = "", ""
    for source, item in items:
        where = str(source)
        tokens = next((name for name in TOKENS if name in item), TOKENS[0])
        words = [of_kind(word, str, where, "a token") for word in field(item, tokens, list, where)]
        if not column:
            column, others = _column(item, tokens, features, where, config)
            note = f"columns of tags passed over: {', '.join(others)}" if others else ""
        tags = _tags(item, column, len(words), features, where)
        notes = ((source, note),) if note else ()
        yield Sentence(source, words, tags, notes=notes, fields=_others(item))
        note = ""


def _others(item: Item) -> dict[str, Any]:
    """The other columns that are plain values."""
    named = (pair for pair in item.items() if pair[0] not in KEYS | OF_SOME_TASK)
    return {name: value for name, value in named if isinstance(value, SCALAR)}


def _column(item: Item, tokens: str, features: Features, where: str, config: DataConfig) -> tuple[str, Sequence[str]]:
    """The column of tags, and the others that may be one. Raises ConfigError where there is none of this name."""
    may_be = [name for name in item if name in TAGS or TAGGED.fullmatch(name) or names_of(features.get(name))]
    there = [name for name in TAGS if name in may_be] + [name for name in may_be if name not in TAGS]
    wanted = config.tag_column
    if wanted is None and there:
        return there[0], there[1:]
    if isinstance(wanted, str) and wanted in item:
        return wanted, [name for name in there if name != wanted]
    found = "no column of tags" if wanted is None else f"data.tag_column is {shown(wanted)}"
    listed = ", ".join(map(shown, (name for name in item if name != tokens))) or "none"
    raise ConfigError(where, found, f"one of its columns: {listed}", "Set data.tag_column to its name.")


def _tags(item: Item, column: str, length: int, features: Features, where: str) -> list[str] | None:
    if item.get(column) is None:
        return None
    names = names_of(features.get(column))
    values = field(item, column, list, where)
    if len(values) != length:
        found = f"{several(length, 'token')}, but {several(len(values), 'tag')} in '{column}'"
        raise DataError(where, found, "one tag a token", "Correct the row.")
    return [value if isinstance(value, str) else _named(value, names, column, where) for value in values]


def _named(value: Any, names: Sequence[str], column: str, where: str) -> str:
    number = of_kind(value, int, where, f"a tag of '{column}'")
    if not names:
        found = f"'{column}' holds numbers such as {number}, and nothing names them"
        remedy = "Put the dataset_info.json of the data set beside it, or write the tags as strings."
        raise DataError(where, found, "their names, in the features of the data set", remedy)
    if not 0 <= number < len(names):
        expected = f"the number of one of the {len(names)} names, from 0"
        raise DataError(where, f"a tag of '{column}' is {number}", expected, "Correct the row.")
    return names[number]


FORMAT = Format(
    name="huggingface",
    shape="tokens and ner_tags: JSON, Parquet, or a folder that datasets wrote",
    answer=Tags,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
    claims=claims,
    binary=True,
)

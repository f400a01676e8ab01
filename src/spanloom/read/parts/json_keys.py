"""The keys of JSON formats, as data: what tells the formats apart, and what is refused as gold under another key."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from spanloom.config import DataConfig
from spanloom.errors import DataError

# Possessive throughout: a file of blanks must not be gone through once for each of them.
OPENS = re.compile(r"""\s*+(?:\[\s*+)?+\{(?=\s*+(?:["'}]|\w++\s*+:))""")
STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
TOKEN = re.compile(rf"{STRING}|[\[\]{{}}:,]", re.DOTALL)

IDENTITY = re.compile(r"_.*|(.*[_-])?(id|ids|idx|index|guid|uid|uuid|hash)|(doc|sent|sentence|article|text|pm)id|.+Id")
"""Keys that number an example and say nothing of it."""
ABOUT_NAMES = (
    "meta metadata title url link source author date time timestamp created_at updated_at lang language split domain "
    "file filename path page section user annotator comment comments notes"
)
ABOUT = frozenset(ABOUT_NAMES.split())
"""Keys of what an example is from. With a single value none of them holds spans, but any may hold a class."""
DESCRIBED = frozenset(("meta", "metadata"))


def is_json(beginning: str) -> bool:
    """Whether a file begins as JSON lines or a JSON list of objects do."""
    return OPENS.match(beginning) is not None


def first_keys(beginning: str) -> frozenset[str]:
    """The keys of the first object of JSON lines or of a JSON list; none for other text."""
    return frozenset(first_values(beginning))


def first_values(beginning: str) -> dict[str, str]:
    """The keys of the first object of JSON lines or of a JSON list and how their values begin; none for other text.

    beginning: the first part of a file; its object may be broken or cut, so that its own reader can say what is wrong.
    Of a value there are the first marks, two at most: "[{" for a list of objects.
    """
    keys: dict[str, str] = {}
    start = OPENS.match(beginning)
    if start is None:
        return keys
    depth, string, last = 1, "", ""
    for found in TOKEN.finditer(beginning, start.end()):
        mark = found[0]
        if mark == ":" and depth == 1 and string:
            last = _unescaped(string)
            keys[last] = ""
        elif last and len(keys[last]) < 2:
            keys[last] += mark[0]
        depth += (mark in "[{") - (mark in "]}")
        if not depth:
            break
        string = mark if mark[0] == '"' else ""
    return keys


def _unescaped(string: str) -> str:
    try:
        return str(json.loads(string))
    except ValueError:
        return string[1:-1]


ALIKE = 0.8
"""How much of a key, 0..1, stands in one that is taken for a misspelling of it, where an object has other gold."""

TASK_NAMES = (
    "entities relations tokens tags label labels head tail relation intent slots lost rewrite score by_text ambiguous "
    "texts first second turns error"
)
OF_SOME_TASK = frozenset(TASK_NAMES.split())
"""Keys of spanloom's own lines. One that a task does not read is no field that would go with another's gold."""


def other_fields(item: Mapping[str, Any], read: Collection[str]) -> dict[str, Any]:
    """What an object says that is not read and goes with it wherever it is written: `Example.fields`."""
    return {key: value for key, value in item.items() if key not in read and key not in OF_SOME_TASK}


def refuse_alike(key: str, item: Mapping[str, Any], read: Collection[str], where: str, config: DataConfig) -> None:
    """Raise DataError where an object lacks this key of gold, and has a list or an object under one that is spelled
    like it and is not read. With data.unknown_keys = "ignored" nothing is refused."""
    if key in item or config.unknown_keys == "ignored":
        return
    others = [other for other, value in item.items() if isinstance(value, list | dict) and other not in read]
    if near := difflib.get_close_matches(key, others, n=1, cutoff=ALIKE):
        raise DataError(where, f"unknown key {near[0]!r}", f"did you mean '{key}'?", "Rename it.")


@dataclass(frozen=True)
class Keys:
    """The keys of a JSON format.

    marks: sets of keys; an object with all keys of one of them is of the format. gold: those that the gold answer
    stands under. inputs: all others that are read. classes: the gold may be a single value, such as a class.
    """

    marks: tuple[frozenset[str], ...]
    gold: tuple[str, ...]
    inputs: tuple[str, ...]
    classes: bool = False

    @property
    def read(self) -> frozenset[str]:
        """All keys that are read."""
        return frozenset((*self.gold, *self.inputs))

    def fit(self, beginning: str) -> int:
        """How many keys of the format the first object of a file has; 0 where it lacks those that mark the format."""
        keys = first_keys(beginning)
        return len(keys & self.read) if any(mark <= keys for mark in self.marks) else 0

    def refuse_other_gold(self, item: Mapping[str, Any], where: str, config: DataConfig) -> None:
        """Raise DataError where an object without gold has keys under which there may be some, not to be passed over.

        A misspelt key is told from one of another format. With data.unknown_keys = "ignored" nothing is refused.
        """
        if config.unknown_keys == "ignored" or any(key in item for key in self.gold):
            return
        others = [key for key, value in item.items() if key not in self.read and self._may_be_gold(key, value)]
        for key in others:
            if near := difflib.get_close_matches(key, self.gold, n=1):
                raise DataError(where, f"unknown key {key!r}", f"did you mean '{near[0]}'?", "Rename it.")
        if others:
            listed = ", ".join(repr(key[:60]) for key in others[:10]) + (", …" if len(others) > 10 else "")
            found = f"no key that gold is read from, but {listed}, which may hold some"
            expected = " or ".join(f"'{key}'" for key in self.gold)
            remedy = f"Write the gold under {expected}, or set data.unknown_keys = 'ignored' if there is none."
            raise DataError(where, found, expected, remedy)

    def refuse_misspelt(self, key: str, item: Mapping[str, Any], where: str, config: DataConfig) -> None:
        """Raise DataError where an object lacks this key of gold and has a list under one that is spelled like it."""
        refuse_alike(key, item, self.read, where, config)

    def _may_be_gold(self, key: str, value: Any) -> bool:
        if value is None or key in DESCRIBED or (IDENTITY.fullmatch(key) and not isinstance(value, (list, dict))):
            return False
        return self.classes or isinstance(value, (list, dict)) or key.lower() not in ABOUT

"""JSON lines of texts, `{"text": "…"}` each: what a language model reads one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.surprisal import Surprisal
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import field, json_items
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.texts import tokenized

KEYS = Keys((frozenset({"text"}),), gold=(), inputs=("text",))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object, all of its gold 0. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        text = tokenized(field(item, "text", str, str(source)), str(source), config)
        yield Example(text, Surprisal((0.0,) * len(text.tokens)), source)


FORMAT = Format(name="spanloom", shape="JSON: text", answer=Surprisal, fit=KEYS.fit, read=read, keys=KEYS.read)

"""What GLiNER2 is trained on: JSON lines of a text and what is to be said of it.

{"input": "Ida left .", "output": {"entities": {"person": ["Ida"]}, "relations": [{"left": {"head": …, "tail": …}}],
 "classifications": [{"task": "mood", "labels": ["good", "bad"], "true_label": ["good"]}], "json_structures": […]}}

`text` and `schema` are other names for `input` and `output`. Zaratiana et al. 2025, https://arxiv.org/abs/2507.18546.
"""

from __future__ import annotations

import re
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.inputs import Text
from spanloom.read.parts.json_items import Item, field, shown
from spanloom.read.parts.json_keys import OF_SOME_TASK, first_values, refuse_alike
from spanloom.read.parts.texts import tokenized

NAMES = (("input", "output"), ("text", "schema"))
KEYS = frozenset(name for pair in NAMES for name in pair)
FACTS = ("entities", "relations")
CLASSES = "classifications"
HAS_CLASSES = re.compile(rf'"{CLASSES}"\s*+:')
KNOWN = (*FACTS, CLASSES, "json_structures")
DESCRIPTIONS = "_descriptions"
"""What ends the names of keys under which labels are explained to a model."""


def is_of_it(beginning: str) -> bool:
    """Whether the first object has a text and an object of what is said of it."""
    keys = first_values(beginning)
    return any(text in keys and keys.get(said, "").startswith("{") for text, said in NAMES)


def parts(item: Item, where: str, config: DataConfig) -> tuple[Text, Item, dict[str, Any]]:
    """The text, what is said of it, and the other fields of the line. Raises DataError."""
    text, said = next((pair for pair in NAMES if pair[1] in item), NAMES[0])
    others = {key: value for key, value in item.items() if key not in KEYS | OF_SOME_TASK}
    output = field(item, said, dict, where)
    for key in (*FACTS, CLASSES):
        refuse_alike(key, output, KNOWN, where, config)
    return tokenized(field(item, text, str, where), where, config), output, others


def left_over(said: Item, read: tuple[str, ...], source: Source) -> list[tuple[Source, str]]:
    """What is said of a text beside what is read, by its kind."""
    return [
        (source, f"'{key}' passed over: {', '.join(_names(said[key]))[:80]}")
        for key in said
        if key not in read and said[key] and not key.endswith(DESCRIPTIONS)
    ]


def _names(value: Any) -> list[str]:
    """What is told apart under a key: the types of entities, the names of relations, structures or tasks."""
    if not isinstance(value, list | dict):
        return [shown(value)]
    if isinstance(value, dict):
        return list(value)
    found = [one.get("task") or next(iter(one), "") for one in value if isinstance(one, dict)]
    return list(dict.fromkeys(map(str, found)))

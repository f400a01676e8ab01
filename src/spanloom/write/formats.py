"""The formats that examples can be written in: JSON lines hold whatever a task has, others what most tools read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from spanloom.answers.label import Label
from spanloom.answers.tags import Tags
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.write.columns import write_columns
from spanloom.write.label_table import write_table
from spanloom.write.lines import write_lines

JSON_LINES = "jsonl"

Writer = Callable[[Path, Iterable[Example]], int]
"""Writes examples to a path; how many."""


class Special(NamedTuple):
    """A format for texts with gold of one type."""

    gold: type
    write: Writer


SPECIAL = {"columns": Special(Tags, write_columns), "table": Special(Label, write_table)}


def written_names() -> list[str]:
    """The names of the formats."""
    return [JSON_LINES, *SPECIAL]


def writer(name: str, task: Task) -> Writer:
    """What writes a task's examples in the format of this name. Raises ConfigError for one that cannot hold them."""
    if name == JSON_LINES:
        return lambda path, examples: write_lines(path, map(task.line, examples))
    fitting = [
        JSON_LINES,
        *(key for key, special in SPECIAL.items() if special.gold is type(task.answer()) and task.input is Text),
    ]
    if name in fitting:
        return SPECIAL[name].write
    found = f"there is no format '{name}'"
    if name in SPECIAL:
        found = f"'{name}' cannot hold gold of the task '{task.name}'"
    raise ConfigError("--to", found, " or ".join(map(repr, fitting)), "Name one of these, or leave --to out.")

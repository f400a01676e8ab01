"""Which task suits a file: of those whose readers take it, the one that makes the most of what is annotated there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.answers import kind_of
from spanloom.config import DataConfig, RunConfig, config_from_table
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.read import AUTO, format_names, formats, is_text, readable, require_format
from spanloom.read.parts.lines import opening
from spanloom.tasks import find_task, task_names

LOOKED_AT = 500
"""Examples that are read to judge."""

CLAIMED = 100
"""How well data fit that are several files, which no beginning of a file shows."""

OFTEN = 4
"""How often a label comes on the average in data that have something to learn in them."""

NAMING = ("label", "intent", "relation")
"""The keys of our own JSON lines that say the label of a fact."""


class Suits(NamedTuple):
    """How well a task suits data, the more important first; the largest is the best.

    kept: most facts can be told by its scheme. fit: what the format shows of its own keys, columns or marks. repeats:
    labels come again in other examples, so that there is something to learn. facts: how many the task sees. plain: of
    two that see as much, the one with less in its answers. own: the format is one of its own, not one of which it reads
    a part.
    """

    kept: bool
    fit: int
    repeats: bool
    facts: int
    plain: int
    own: bool


def suiting_tasks(path: Path, data: DataConfig, to_learn: bool = True) -> list[Task]:
    """The tasks that can read the data at a path, the best first: those that can learn from them or, without
    `to_learn`, those for whose gold the format was made.

    Raises DataError where there is none, or none but those that see no annotation in it: that of the likeliest, which
    cites the line, or one that names the tasks.
    """
    require_format(data.format, format_names())
    found: list[tuple[Suits, Task]] = []
    refused: list[tuple[int, SpanloomError]] = []
    beginning = _beginning(path, data)
    for task in map(find_task, task_names()):
        fit = _fit(task, path, beginning, data)
        if not fit:
            continue
        try:
            suits = _suits(task, fit, list(islice(task.read(path, data), LOOKED_AT)))
            found.append((suits._replace(own=_is_own(task, path, beginning, fit)), task))
        except SpanloomError as error:
            refused.append((fit, error))
    found.sort(key=lambda pair: pair[0] if to_learn else _to_convert(pair[0]), reverse=True)
    refused.sort(key=lambda pair: pair[0], reverse=True)
    seen = bool(found) and (found[0][0].facts > 0) and to_learn
    if refused and not seen and (not found or refused[0][0] > found[0][0].fit):
        raise refused[0][1]  # annotations of a format's own, with a fault in them, are not to be taken for plain text
    if found:
        return [task for _, task in found]
    if not path.exists():
        raise DataError(str(path), "no such file or folder", "annotated data", "Check the path.")
    remedy = "Name the task with --task, to be told what its formats look like."
    raise DataError(str(path), "no task reads this", f"data for one of {', '.join(task_names())}", remedy)


def _beginning(path: Path, data: DataConfig) -> str | None:
    """What a file begins with; None where there is no text. Raises DataError for a binary file of no known format."""
    return opening(path, data.encoding) if is_text(path) else None


def _to_convert(found: Suits) -> tuple[int, int, bool, int]:
    """What counts where nothing is to be learned: that all of it is kept."""
    return found.fit, found.facts, found.own, found.plain


def word_config(task: Task, data: DataConfig) -> RunConfig:
    """The defaults of a task, with an encoder that starts from words and so needs nothing that may not be here."""
    model = {"encoder": {"kind": "rnn"}} if has_encoder(task) else {}
    config = config_from_table({"task": task.name, "model": model}, "init", Path.cwd(), lambda name: task.config)
    return dataclasses.replace(config, data=data)


def has_encoder(task: Task) -> bool:
    """Whether a model of this task has an encoder to choose."""
    return any(item.name == "encoder" for item in dataclasses.fields(task.config))


def _fit(task: Task, path: Path, beginning: str | None, data: DataConfig) -> int:
    answer: type = type(task.answer())
    known = readable(answer, task.input)
    if data.format != AUTO:
        return int(data.format in [one.name for one in known])
    if any(one.claims(path) for one in known):
        return CLAIMED
    return 0 if beginning is None else max((one.fit(beginning) for one in known), default=0)


def _is_own(task: Task, path: Path, beginning: str | None, fit: int) -> bool:
    """Whether the format that fits so well is one of the task's own."""
    answer: type = type(task.answer())
    own = formats(answer, task.input).values()
    claimed = any(one.claims(path) for one in own)
    return claimed or (beginning is not None and any(one.fit(beginning) == fit for one in own))


def _suits(task: Task, fit: int, read: list[Example]) -> Suits:
    """Raises DataError where there is no gold, or none of a kind without which the task has nothing to learn."""
    examples = [example for example in read if example.gold is not None]
    if not examples:
        raise DataError(str(read[0].source), "has no gold answer", "annotated data", "Annotate it.")
    codec = task.fit(examples, word_config(task, DataConfig(repair=True)))
    for kind, labels in codec.known().items():
        if not labels:
            found = f"no {kind} in any example"
            raise DataError(examples[0].source.path, found, f"what the task '{task.name}' learns", "Annotate some.")
    labels = [label for example in examples for label in labels_of_line(task.line(example))]
    facts = len(labels) or sum(task.line(item) != task.line(dataclasses.replace(item, gold=None)) for item in examples)
    lost = sum(len(example.lost) + len(codec.encode(example).lost) for example in examples)
    repeats = not labels or (len(labels) >= OFTEN * len(set(labels)) and len(examples) > 1)
    plain = -len(dataclasses.fields(type(task.answer())))
    return Suits(2 * lost <= facts, fit, repeats, facts - lost, plain, own=True)


def labels_of_line(line: Any) -> Iterator[str]:
    """The labels in an example as a line of JSON; of tokens alone only where they make no spans."""
    if isinstance(line, Mapping):
        for key, value in line.items():
            if key in NAMING and isinstance(value, str):
                yield value
            elif key != "lost" and not (key == "tokens" and "entities" in line):
                yield from labels_of_line(value)
    elif isinstance(line, list):
        for item in line:
            yield from labels_of_line(item)


def require_claims(task: Task, command: str) -> None:
    """Raise ConfigError for a task whose answers say no statements that a command could look at one by one."""
    if kind_of(task.answer()).claims is None:
        found = f"answers of the task '{task.name}' are one whole"
        raise ConfigError(command, found, "a task whose annotations can be judged one by one", "Take another task.")

"""The formats that examples are written in: one module each, found by listing, as in `read`.

Every module of this folder has `FORMAT`, a `parts.target.Target`: what it is called, which format of `read` reads it
back, what it can hold, and how a file is written. What it cannot hold is taken out of an example and counted by its
kind in a `parts.ledger.Ledger` before it comes to the format's own code; `parts.compare` tells whether what is read
back is what was written. A new format is one new module and no edit elsewhere. What several share is in `parts/`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from spanloom.answers import kinds
from spanloom.answers.parts.kind import AnswerKind
from spanloom.config import DataConfig
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.read import read
from spanloom.write.formats.parts.compare import compare
from spanloom.write.formats.parts.held import held
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Holds, Options, Target

JSON_LINES = "jsonl"


@cache
def targets() -> dict[str, Target]:
    """The formats by their names: our own JSON lines, then the others in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    every: list[Target] = [importlib.import_module(f"{__name__}.{name}").FORMAT for name in names]
    return {one.name: one for one in sorted(every, key=lambda one: (one.name != JSON_LINES, one.name))}


def written_names() -> list[str]:
    """The names of the formats."""
    return list(targets())


def target_for(name: str, task: Task, option: str = "--to", predictions: bool = False) -> Target:
    """The format of this name. Raises ConfigError where there is none, or none that holds what is to be written.

    task: whose gold it is. option: by which the format is named. predictions: the answers of a model are to be told
    from annotations.
    """
    fitting = {key: one for key, one in targets().items() if takes(one, type(task.answer()), task.input)}
    where, found = option, f"there is no format '{name}'"
    if name in targets():
        found = f"'{name}' cannot hold gold of the task '{task.name}'"
    elif near := difflib.get_close_matches(name, fitting, n=1):
        found += f"; did you mean '{near[0]}'?"
    if predictions and name in fitting:
        where, found = "--as" if option == "--to" else option, f"'{name}' does not tell predictions from annotations"
        fitting = {key: one for key, one in fitting.items() if Holds.predictions in one.holds}
    if name not in fitting:
        raise ConfigError(where, found, f"one of {', '.join(fitting)}", f"Name one of these, or leave {where} out.")
    return fitting[name]


def takes(target: Target, answer: type, input: type = Text) -> bool:
    """Whether a format holds inputs and gold of these types, be it as spans and relations or as tags.

    Those that hold gold of some types alone hold texts alone.
    """
    if not target.answers or (input is Text and answer in target.answers):
        return True
    if input is not Text:
        return False
    every = {kind.answer: kind for kind in kinds().values()}
    own = every.get(answer, AnswerKind(answer))
    return own.graph is not None and any(every[one].of_graph is not None for one in target.answers if one in every)


def written(path: Path, examples: Iterable[Example], target: Target, options: Options, ledger: Ledger) -> int:
    """Write examples; how many. What the format cannot hold goes to the ledger. Raises as `Target.write` does."""
    count = 0

    def counted() -> Iterator[Example]:
        nonlocal count
        for example in held(examples, target, options, ledger):
            count += 1
            yield example

    target.write(path, counted(), options)
    return count


def reading_back(target: Target, options: Options, data: DataConfig) -> DataConfig:
    """The settings by which a written path is read. data: those of what it was made of.

    Keys that are not known hold no gold, as no format writes any there.
    """
    known: dict[str, Any] = {"format": target.reads, "unknown_keys": "ignored", **target.settings(options)}
    return DataConfig(**known, max_characters=data.max_characters, repair=data.repair)


def checked(path: Path, again: Iterable[Example], target: Target, options: Options, data: DataConfig) -> Ledger:
    """What differs where a written path is read back. again: the examples that were written, once more.

    data: how they were read; what says how large a text may be holds here too. Raises DataError where it is not read.
    """
    kept = list(held(again, target, options, Ledger()))
    differences = Ledger()
    answer = next((type(example.gold) for example in kept if example.gold is not None), None)
    if answer is None or not kept:
        return differences
    compare(kept, read(path, reading_back(target, options, data), answer), target, differences)
    return differences

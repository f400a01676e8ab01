"""Every format's sample, damaged: it is read, or refused in one sentence, and no gold is lost on the way."""

from __future__ import annotations

import pkgutil
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attacks.mutations import damaged, damaged_json
from attacks.samples import SAMPLES
from attacks.workers import Outcome

import spanloom.read
from spanloom.answers.graph import Graph
from spanloom.answers.tags import Tags
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import SpanloomError
from spanloom.tasks import find_task

SLOW = 10.0
"""Seconds for a sample of a few hundred characters, however it is damaged."""


def format_names() -> list[str]:
    """The modules of `spanloom.read` that read a format."""
    return [module.name for module in pkgutil.iter_modules(spanloom.read.__path__) if not module.ispkg]


def facts(example: Example) -> int:
    """How many gold facts an example holds, with those that are known to be lost and what was put right."""
    gold: Any = example.gold
    held = int(gold is not None)
    if isinstance(gold, Graph):
        held = len(gold.spans) + len(gold.relations)
    elif isinstance(gold, Tags):
        held = sum(label != "O" for label in gold.labels)
    elif hasattr(gold, "slots"):
        held = 1 + sum(label != "O" for label in gold.slots.labels)
    return held + len(example.lost) + len(example.mended)


def attempt(task: str, path: str, gold: int | None) -> Outcome:
    """Read a file as `train` would. gold: how many facts it must still hold, where its damage only hid them."""
    began = time.perf_counter()
    try:
        examples = list(find_task(task).read(Path(path), DataConfig()))
        held = sum(map(facts, examples))
    except SpanloomError as error:
        outcome = Outcome("refused", str(error)[:300])
    else:
        missing = gold is not None and held < gold
        outcome = Outcome("lost", f"{held} of {gold} facts read, nothing said") if missing else Outcome("other")
    if time.perf_counter() - began > SLOW:
        return Outcome("hung", f"{time.perf_counter() - began:.0f} seconds")
    return outcome


def cases(folder: Path, chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Endless damage, format by format: what was done, and the arguments of `attempt`."""
    names = format_names()
    whole = {}
    for name in names:
        sample = SAMPLES[name]  # a new format brings a sample of its own
        path = sample.write(folder / "whole" / name)
        whole[name] = sum(map(facts, find_task(sample.task).read(path, DataConfig())))
    while True:
        for name in names:
            sample = SAMPLES[name]
            shutil.rmtree(folder / "damaged", ignore_errors=True)
            path = sample.write(folder / "damaged")
            file = folder / "damaged" / chance.choice(sorted(sample.files))
            content = file.read_bytes()
            found = damaged_json(content, chance) if chance.random() < 0.6 else None
            done, content = found or damaged(content, chance)
            file.write_bytes(content)
            # A key under another name hides what is below it; any other damage may take gold away in plain sight.
            gold = whole[name] if found and done.endswith(" renamed") else None
            yield f"{name}: {file.name}: {done}", {"task": sample.task, "path": str(path), "gold": gold}

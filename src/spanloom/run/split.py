"""Data parted into what is trained on and what it is judged by: a tenth, chosen once, never the same text in both."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.config import DataConfig
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.inputs import Image, Input, texts_of
from spanloom.read.plain import stretch_end
from spanloom.run.suits import word_config

SEED = 0
PART = 10
"""One of so many examples is dev data."""

JsonLine = Mapping[str, Any]


def split(examples: Sequence[Example], task: Task, data: DataConfig) -> tuple[list[JsonLine], list[JsonLine]]:
    """The lines, in the toolkit's own format, of the training part and of the dev part, each in the order of the data.

    Every tenth example by a fixed seed, a document that is an example of its own always whole; examples of the same
    text go together, and what alone has a label is trained on. Of running text, the last tenth. Raises DataError for
    data that cannot be parted.
    """
    if task.arrange is not None:
        return _split_running(examples, task)
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, example in enumerate(examples):
        groups.setdefault(_question(example.input), []).append(index)
    if len(groups) < 2:
        raise _too_little(examples, "one text")
    order = list(groups.values())
    random.Random(SEED).shuffle(order)
    wanted, dev = max(1, round(len(examples) / PART)), set[int]()
    for group in order:
        if len(dev) + len(group) <= wanted:
            dev.update(group)
    if not dev:
        smallest = min(order, key=len)
        dev.update(smallest)
    codec = task.fit([item for index, item in enumerate(examples) if index not in dev], word_config(task, data))
    for group in order:
        if any(codec.unknown(examples[index]) for index in group):
            dev.difference_update(group)
    if not dev:
        raise _too_little(examples, "a label of its own in every example")
    parts: tuple[list[JsonLine], list[JsonLine]] = [], []
    for index, example in enumerate(examples):
        parts[index in dev].append(task.line(example))
    return parts


def _question(item: Input) -> tuple[str, ...]:
    return (item.digest(),) if isinstance(item, Image) else tuple(text.text for text in texts_of(item))


def _split_running(examples: Sequence[Example], task: Task) -> tuple[list[JsonLine], list[JsonLine]]:
    """Text that goes on from one example to the next, cut once, at the end of a line or a word."""
    texts = [example.input.text for example in examples]
    left = sum(map(len, texts)) * (PART - 1) // PART
    for index, text in enumerate(texts):
        if len(text) > left:
            end = stretch_end(text, left) if left else 0
            train, dev = [*texts[:index], text[:end]], [text[end:], *texts[index + 1 :]]
            lines = [[{"text": part} for part in side if part.strip()] for side in (train, dev)]
            if all(lines):
                return [*lines[0]], [*lines[1]]
            break
        left -= len(text)
    raise _too_little(examples, "one word")


def _too_little(examples: Sequence[Example], found: str) -> DataError:
    expected = "enough to set some aside as dev data"
    remedy = "Annotate more, or name dev data with --dev FILE."
    return DataError(examples[0].source.path, f"holds {found}", expected, remedy)

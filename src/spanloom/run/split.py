"""Data in parts, to train on and to be judged by, chosen once: never the same text or document in two of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spanloom.check.leaks import same_text
from spanloom.config import DataConfig
from spanloom.contracts import Task
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.plain import stretch_end
from spanloom.run.documents import documents
from spanloom.run.suits import word_config

SEED = 0
PART = 10
"""One of so many examples is dev data."""

JsonLine = Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """How data are parted. shares: those of the parts beside training, of all examples; by: what stays together beside
    equal texts, see `documents`."""

    shares: tuple[float, ...] = (1 / PART,)
    by: str = ""
    seed: int = SEED


@dataclass(frozen=True)
class Parts:
    """Training data, and the other parts, as indices of the examples in their order. by: what told documents apart.

    groups: how many there were of what stays together. held: examples that are trained on, as training alone may have
    a label that is in no other example.
    """

    indices: tuple[tuple[int, ...], ...]
    by: str
    groups: int
    held: int


def parted(examples: Sequence[Example], task: Task, data: DataConfig, plan: Plan) -> Parts:
    """The parts of examples, by a seed. Raises DataError for data that cannot be parted, ConfigError for documents that
    are not there.

    A part is filled with documents and with texts that are equal but for white space and case, whole, until the next
    would be too much; what alone has a label is trained on.
    """
    by, named = documents(examples, plan.by, data.encoding)
    order = together([(same_text(one.input), named(one)) for one in examples])
    if len(order) < 1 + len(plan.shares):
        raise _too_little(examples, f"{len(order)} {'documents' if by else 'texts'}" if order[1:] else "one text")
    groups = len(order)
    random.Random(plan.seed).shuffle(order)
    others: list[list[list[int]]] = []
    for number, share in enumerate(plan.shares):
        left = len(plan.shares) - number  # parts that want a group yet, training among them
        others.append(_filled(order, max(1, round(len(examples) * share)), len(order) - left))
        order = [group for group in order if group not in others[-1]]
    held = _with_labels_of_their_own(examples, others, task, data)
    if not all(others):
        raise _too_little(examples, "a label of its own in every example")
    parts = [sorted(index for group in part for index in group) for part in others]
    chosen = set[int]().union(*parts)
    train = [index for index in range(len(examples)) if index not in chosen]
    return Parts(tuple(map(tuple, (train, *parts))), by, groups, held)


def together(keys: Iterable[tuple[str, str | None]]) -> list[list[int]]:
    """The indices that share a text or a document, or are linked by some that do, in groups by their first."""
    leader: list[int] = []
    seen: dict[tuple[str, str], int] = {}

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    for index, (text, document) in enumerate(keys):
        leader.append(index)
        for key in [("text", text)] + ([("document", document)] if document is not None else []):
            first, own = sorted((lead(seen.setdefault(key, index)), lead(index)))
            leader[own] = first
    groups: dict[int, list[int]] = {}
    for index in range(len(leader)):
        groups.setdefault(lead(index), []).append(index)
    return list(groups.values())


def _filled(order: Sequence[list[int]], wanted: int, most: int) -> list[list[int]]:
    """Groups of about so many examples, `most` of them at most; where none is small enough, the smallest."""
    part: list[list[int]] = []
    for group in order:
        if len(group) <= wanted and len(part) < most:
            part.append(group)
            wanted -= len(group)
    return part or [min(order, key=len)]


def _with_labels_of_their_own(
    examples: Sequence[Example], others: Sequence[list[list[int]]], task: Task, data: DataConfig
) -> int:
    """Take the groups out of the parts that have a label which training has not, until it has all; how many examples.

    What one of them brings into training need not be brought by another.
    """
    chosen = {index for part in others for group in part for index in group}
    codec = task.fit([one for index, one in enumerate(examples) if index not in chosen], word_config(task, data))
    known, held = set[tuple[str, str]](), 0
    for part in others:
        for group in list(part):
            unknown = {fact for index in group for fact in codec.unknown(examples[index])} - known
            if unknown:
                part.remove(group)
                known |= unknown
                held += len(group)
    return held


def split(examples: Sequence[Example], task: Task, data: DataConfig) -> tuple[list[JsonLine], list[JsonLine]]:
    """The lines, in the toolkit's own format, of the training part and of the dev part, each in the order of the data.

    A tenth by a fixed seed, a document always whole. Of running text, the last tenth. Raises DataError for data that
    cannot be parted.
    """
    if task.arrange is not None:
        return _split_running(examples, task)
    train, dev = parted(examples, task, data, Plan()).indices
    return [task.line(examples[index]) for index in train], [task.line(examples[index]) for index in dev]


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

"""The files of a configuration as examples, of one data set or of several that annotate different things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import NamedTuple

from spanloom.config import DataConfig, RunConfig
from spanloom.contracts import Task
from spanloom.core import SOME, Coverage, Example
from spanloom.errors import DataError
from spanloom.read.parts.sources import (
    check_names,
    coverage_of,
    covered,
    labels_of,
    under_new_names,
    with_own_labels,
)

TRAINING, DEV = "training", "dev"


@dataclass(frozen=True)
class Part:
    """The examples of one part of the data that have gold, and what is to be said of those that have none.

    coverages: what each source annotates, by its name, as its training data say; none of a single data set.
    """

    examples: list[Example]
    remarks: list[str]
    coverages: Mapping[str, Coverage] = field(default_factory=dict)


def read_training(task: Task, config: RunConfig) -> Part:
    """The training part. Raises DataError for data that will not do, ConfigError for what their sources say of them."""
    if not config.data.source:
        assert config.data.train is not None, "check_settings saw to it"
        return _with_gold(task, config.data.train, config.data, TRAINING)
    return joined(list(read_sources(task, config.data).values()))


def read_sources(task: Task, data: DataConfig) -> dict[str, Part]:
    """The training part of each source by its name. Raises as `read_training` does."""
    parts = {}
    for source in data.source:
        assert source.train is not None, "check_settings saw to it"
        read = _with_gold(task, source.train, source.alone(), TRAINING)
        check_names(read.examples, source)
        renamed = under_new_names(read.examples, source)
        coverage = coverage_of(source, renamed)
        kept = covered(renamed, coverage)
        aside = left_aside(source.called, labels_of(read.examples), source.rename, labels_of(kept))
        parts[source.called] = Part(kept, [*read.remarks, *aside], {source.called: coverage})
    return parts


def read_dev(task: Task, config: RunConfig, coverages: Mapping[str, Coverage] | None = None) -> Part | None:
    """The dev part, None where there is none. coverages: those of `read_training`, read where they are not given.

    Raises as that does.
    """
    if not config.data.source:
        return None if config.data.dev is None else _with_gold(task, config.data.dev, config.data, DEV)
    if coverages is None:
        coverages = read_training(task, config).coverages
    parts = []
    for source in config.data.source:
        if source.dev is not None:
            read = _with_gold(task, source.dev, source.alone(), DEV)
            renamed = under_new_names(read.examples, source)
            coverage = with_own_labels(coverages[source.called], source, renamed)
            parts.append(Part(covered(renamed, coverage), read.remarks))
    return joined(parts) if parts else None


class File(NamedTuple):
    """A file of a run's data: its part, "training" or "dev", and its source, "" where there is but one data set."""

    part: str
    source: str
    path: Path


def files_of(data: DataConfig) -> list[File]:
    """The files that a run reads, training before dev."""
    sets = [(source.called, source.train, source.dev) for source in data.source] or [("", data.train, data.dev)]
    named = [(TRAINING, name, train) for name, train, _ in sets] + [(DEV, name, dev) for name, _, dev in sets]
    return [File(part, name, path) for part, name, path in named if path is not None]


def without_dev(data: DataConfig) -> DataConfig:
    """The same without any dev data."""
    return replace(data, dev=None, source=tuple(replace(source, dev=None) for source in data.source))


def _with_gold(task: Task, path: Path, data: DataConfig, part: str) -> Part:
    examples = list(task.read(path, data))
    kept = [example for example in examples if example.gold is not None]
    if not kept:
        raise DataError(str(path), "no example with a gold answer", "at least one", "Check data.format and the file.")
    return Part(kept, left_out(examples, part))


def joined(parts: Sequence[Part]) -> Part:
    """Several parts as one."""
    examples = [example for part in parts for example in part.examples]
    coverages = {name: coverage for part in parts for name, coverage in part.coverages.items()}
    return Part(examples, [remark for part in parts for remark in part.remarks], coverages)


# ---- what is left out ------------------------------------------------------------------------------------------------


Labels = tuple[set[str], set[str]]
"""Those of entities, and of relations."""


def left_out(examples: Sequence[Example], part: str) -> list[str]:
    """Of examples without gold. part: "training" or "dev"."""
    without = [example for example in examples if example.gold is None]
    if not without:
        return []
    what = "not trained on" if part == "training" else "not scored"
    found = f"No gold answer in {len(without):,} of {len(examples):,} {part} examples"
    return [f"{found}, which are {what}; the first is at {short_place(str(without[0].source))}."]


def left_aside(source: str, had: Labels, rename: Mapping[str, str], kept: Labels) -> list[str]:
    """Of labels of a source that are dropped by `rename`, or not among what it is said to annotate."""
    dropped = [
        label
        for own, left in zip(had, kept, strict=True)
        for label in own
        if _new_name(label, rename) not in {*left, SOME}
    ]
    return [f"Of the source '{source}' these labels are left aside: {', '.join(sorted(dropped))}."] if dropped else []


def _new_name(label: str, rename: Mapping[str, str]) -> str:
    return rename.get(label, label).removeprefix("-")


def short_place(source: str) -> str:
    """The file's name and the line: the card goes with the model to machines where a path of this one says nothing."""
    return PurePath(source).name

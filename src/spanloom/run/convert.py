"""Annotated data in one format to another, with what was lost on the way, and whether it reads back as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spanloom.check.issues import PASSED_OVER
from spanloom.config import DataConfig
from spanloom.contracts import Task
from spanloom.core import Example, Source
from spanloom.read.parts.left_out import kind_of_note
from spanloom.text.counts import several
from spanloom.write.formats import checked, written
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Options, Target


@dataclass
class Converted:
    """What became of data.

    count: the examples that were written. lost: what the target could not hold. unplaced: gold facts of the source that
    had no place in its text. notes: what the reader passed over or mended, by its kind, how often and where first.
    differences: what reads back otherwise; None where that was not looked at.
    """

    count: int = 0
    unplaced: int = 0
    lost: Ledger = field(default_factory=Ledger)
    notes: Counter[str] = field(default_factory=Counter)
    first: dict[str, tuple[Source, str]] = field(default_factory=dict)
    differences: Ledger | None = None

    def note(self, example: Example) -> None:
        self.unplaced += len(example.lost)
        for source, case in example.mended:
            kind = kind_of_note(case) or PASSED_OVER
            self.notes[kind] += 1
            self.first.setdefault(kind, (source, case))

    def sentences(self, source: Path, path: Path, target: Target) -> Iterator[str]:
        """What is to be said of it, line by line."""
        for kind, count in self.notes.most_common():
            place, case = self.first[kind]
            rest = case.removeprefix(f"{kind}: ")
            yield f"{place}: {case}" if count == 1 else f"{source}: {kind}: {count:,}, the first at {place}: {rest}"
        unplaced = f"; {several(self.unplaced, 'fact')} could not be placed in the text" if self.unplaced else ""
        yield f"{path}: {several(self.count, 'sentence')}{unplaced}"
        if (beside := target.beside(path)) is not None:
            yield f"{beside}: written beside it"
        for loss in self.lost.losses:
            yield f"  {target.name} cannot hold {loss}"
        if self.differences is None:
            return
        if not self.differences.losses:
            yield f"{path}: read back, all of it is what was written"
        for loss in self.differences.losses:
            yield f"{path}: read back: {loss}"


def convert(source: Path, path: Path, task: Task, target: Target, data: DataConfig, options: Options) -> Converted:
    """Read examples of a task and write them.

    Raises DataError for what cannot be read or written, citing its line, FileError where the path cannot be written.
    """
    found = Converted()

    def noted(examples: Iterable[Example]) -> Iterator[Example]:
        for example in examples:
            found.note(example)
            yield example

    found.count = written(path, noted(task.read(source, data)), target, options, found.lost)
    return found


def check(source: Path, path: Path, task: Task, target: Target, data: DataConfig, options: Options) -> Ledger:
    """What of the examples of a source reads back from `path` otherwise than `convert` wrote it.

    Raises DataError for what cannot be read.
    """
    return checked(path, task.read(source, data), target, options, data)

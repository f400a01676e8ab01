"""spanloom's own JSON lines, which hold whatever a task has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spanloom.core import Example
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.lines import write_lines


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    write_lines(path, ({**example.fields, **options.line(example)} for example in examples))


FORMAT = Target(
    name="jsonl",
    reads="spanloom",
    summary="spanloom's own JSON lines",
    answers=(),
    holds=frozenset(Holds) - {Holds.predictions},
    write=write,
)

"""A table of labels and texts: CSV under a name that ends so, else TSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spanloom.answers.label import Label
from spanloom.core import Example
from spanloom.write.formats.parts.target import Holds, Options, Target
from spanloom.write.label_table import write_table


def write(path: Path, examples: Iterable[Example], options: Options) -> None:
    write_table(path, examples)


FORMAT = Target(
    name="table",
    reads="table",
    summary="a label and its text, or texts, a row",
    answers=(Label,),
    holds=frozenset({Holds.spacing, Holds.pairs}),
    write=write,
)

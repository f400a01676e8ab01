"""Labelled texts and pairs to a table, which `read.table` reads back."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from spanloom.answers.label import texts_to_dict
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.write.lines import atomic_text


def write_table(path: Path, examples: Iterable[Example]) -> int:
    """Write examples of one label each as a table with a header; how many.

    Commas part the columns of a `.csv`, tabs those of any other name; fields are quoted where they must be. Raises
    DataError for an example with no label or several, SpanloomError where the file cannot be written.
    """
    count = 0
    with atomic_text(path) as file:
        table = csv.writer(file, delimiter="," if path.suffix.lower() == ".csv" else "\t", lineterminator="\n")
        for count, example in enumerate(examples, start=1):
            if example.gold is None or len(example.gold.names) != 1:
                found = f"{len(example.gold.names) if example.gold else 'no'} labels"
                raise DataError(str(example.source), found, "one label an example", "Write JSON lines instead.")
            texts = texts_to_dict(example.input)
            if count == 1:
                table.writerow(["label", *texts])
            table.writerow([example.gold.names[0], *texts.values()])
    return count

"""Labels of texts and of pairs to the toolkit's own JSON lines, which `read.labels` reads back, and to tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spanloom.core import Example, Label, Text, TextPair
from spanloom.errors import DataError
from spanloom.write.lines import atomic_text


def labels_to_dict(text: Text | TextPair, answer: Label) -> dict[str, Any]:
    """What a user sees of an answer: the text, or the first and second, and `labels`, each with its score if any."""
    scores = answer.scores or (None,) * len(answer.names)
    labels = [
        {"label": name} if score is None else {"label": name, "score": float(score)}
        for name, score in zip(answer.names, scores, strict=True)
    ]
    return {**_texts(text), "labels": labels}


def label_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    return _texts(example.input) if example.gold is None else labels_to_dict(example.input, example.gold)


def _texts(text: Text | TextPair) -> dict[str, Any]:
    if isinstance(text, TextPair):
        return {"first": text.first.text, "second": text.second.text}
    return {"text": text.text}


def write_table(path: Path, examples: Iterable[Example]) -> int:
    """Write examples of one label each as a table with a header; how many.

    Commas part the columns of a `.csv`, tabs those of any other name. Fields are quoted where they must be, so set
    `data.quoting = "yes"` to read a table of tabs back whatever its texts hold. Raises DataError for an example with
    no label or several, SpanloomError where the file cannot be written.
    """
    count = 0
    with atomic_text(path) as file:
        table = csv.writer(file, delimiter="," if path.suffix.lower() == ".csv" else "\t", lineterminator="\n")
        for count, example in enumerate(examples, start=1):
            if example.gold is None or len(example.gold.names) != 1:
                found = f"{len(example.gold.names) if example.gold else 'no'} labels"
                raise DataError(str(example.source), found, "one label an example", "Write JSON lines instead.")
            texts = _texts(example.input)
            if count == 1:
                table.writerow(["label", *texts])
            table.writerow([example.gold.names[0], *texts.values()])
    return count

"""Three files side by side: `seq.in` with a request a line, `seq.out` with its slots as tags, `label` with its intent.

Several intents of a request, joined by `#`, are kept whole, as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from spanloom.answers.frame import Frame
from spanloom.answers.label import Label
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parallel import TAGS, matching
from spanloom.read.parallel_labels import LABELS
from spanloom.read.parts.format import Format
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.side_by_side import are_there, files_of, numbered_together
from spanloom.read.parts.tagged import Sentence, tagged_examples


def fit(beginning: str) -> int:
    return 0  # one of the files alone is no data


def claims(path: Path) -> bool:
    """A folder with the file of texts, or that file: what is missing beside it is said by `read`."""
    return are_there(path)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line; lines that are blank in all files are skipped. Raises DataError citing the lines."""
    files = files_of(path, TAGS, LABELS)
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        expected = ", ".join(file.name for file in files) + ", side by side"
        raise DataError(str(files[0].parent), f"has no file {' and no file '.join(missing)}", expected, "Add it.")
    return tagged_examples(partial(_sentences, path, config), config)


def _sentences(path: Path, config: DataConfig) -> Iterator[Sentence]:
    files = files_of(path, TAGS, LABELS)
    for number, (text, tags, intent) in numbered_together(path, config.encoding, TAGS, LABELS):
        inside, outside, label = (f"{file}:{number}" for file in files)
        words, slots = matching(text, tags, inside, outside)
        if words:
            whole = Label((class_name(intent, label, "the intent"),))
            yield Sentence(Source(str(files[0]), number), words, slots, intent=whole)
        elif intent.strip():
            raise DataError(
                label, f"the intent {intent.strip()!r} of an empty line", "a request", "Remove one of them."
            )


FORMAT = Format(
    name="parallel",
    shape="a folder with seq.in, seq.out and label, line by line",
    answer=Frame,
    fit=fit,
    read=read,
    claims=claims,
)

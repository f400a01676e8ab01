"""Texts of the training data that stand in other data too, where a score promises more than a new text will get.

Two texts are the same where nothing but white space and case tells them apart. A run keeps its training texts as
checksums, so that data can be compared with them later; a bundle does not, as checksums tell who knows a text whether
it was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from spanloom.check.issues import SHOWN
from spanloom.contracts import Task
from spanloom.core import Array, Example, Source
from spanloom.errors import CheckpointError
from spanloom.inputs import Image, Input, MarkedText, texts_of
from spanloom.text.marks import write_marks
from spanloom.write.atomic import atomic_write

FILE = "training_texts.bin"
"""The name of the checksums in a run folder."""

_MAGIC = b"spanloom training texts 1\n"
_NUMBER = np.dtype("<u8")


def folded(text: str) -> str:
    """What two texts share that differ by white space and case alone."""
    return "".join(text.split()).casefold()


def asked(item: Input) -> str:
    """What two inputs share that ask the same: their texts, folded, with the spans that are marked in them; of pictures
    what their files hold.
    """
    if isinstance(item, Image):
        return item.digest()
    texts = [write_marks(item)] if isinstance(item, MarkedText) else [text.text for text in texts_of(item)]
    return "\n".join(map(folded, texts))


def same_text(item: Input) -> str:
    """What two inputs share whose texts are the same but for white space and case, whatever is marked in them; of
    pictures what their files hold.
    """
    if isinstance(item, Image):
        return item.digest()
    return "\n".join(folded(text.text) for text in texts_of(item))


def questions(task: Task, examples: Iterable[Example]) -> Iterator[tuple[str, Source]]:
    """What the examples of a task ask, and where: one question each, or as many as `task.questions` finds."""
    for example in examples:
        if task.questions is None:
            yield asked(example.input), example.source
        else:
            yield from ((folded(text), source) for text, source in task.questions(example))


@dataclass
class Leaks:
    """How many of some data's texts are training texts too, and where the first of them stand."""

    count: int = 0
    of: int = 0
    first: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {"count": self.count, "of": self.of, "first": self.first}


class TrainingTexts:
    """The texts of training data, as sorted 64-bit checksums: of a million other texts, none is taken for one."""

    def __init__(self, checksums: Array) -> None:
        self._checksums = checksums

    @classmethod
    def fit(cls, task: Task, examples: Iterable[Example]) -> TrainingTexts:
        return cls(np.unique(_checksums([text for text, _ in questions(task, examples)])))

    def leaks(self, task: Task, examples: Iterable[Example]) -> Leaks:
        """Which of these examples' texts stood in the training data."""
        found = list(questions(task, examples))
        known = np.isin(_checksums([text for text, _ in found]), self._checksums)
        places = [str(found[number][1]) for number in np.flatnonzero(known)[:SHOWN].tolist()]
        return Leaks(int(known.sum()), len(found), places)

    def save(self, path: Path) -> None:
        """Write them to a file. Raises CheckpointError where that cannot be done."""
        try:
            atomic_write(path, _MAGIC + self._checksums.astype(_NUMBER).tobytes())
        except OSError as error:
            raise CheckpointError(
                str(path), f"could not be written: {error.strerror}", "", "Make room, or choose another --output."
            ) from error

    @classmethod
    def load(cls, path: Path) -> TrainingTexts | None:
        """Read what `save` wrote; None where there is no such file. Raises CheckpointError for anything else in it."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            found, remedy = f"could not be read: {error.strerror}", "Make it readable, or delete it."
            raise CheckpointError(str(path), found, "a run's file", remedy) from error
        numbers = content.removeprefix(_MAGIC)
        if numbers == content or len(numbers) % _NUMBER.itemsize:
            remedy = "Restore it from a copy, or delete it: data are then not compared with the training data."
            raise CheckpointError(str(path), "is damaged", "the checksums that 'train' wrote", remedy)
        return cls(np.frombuffer(numbers, dtype=_NUMBER))


def _checksums(texts: Iterable[str]) -> Array:
    digests = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype=_NUMBER)

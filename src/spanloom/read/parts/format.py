"""The contract of a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.inputs import Text


def _nobody(path: Path, config: DataConfig) -> list[str]:
    return []


def _unknown(path: Path, config: DataConfig) -> bool:
    return False


def _one_file(path: Path) -> bool:
    return False


@dataclass(frozen=True)
class Format:
    """A format, as functions.

    name       what `data.format` calls it; formats with different answers may share one
    shape      what its examples look like, in a few words
    answer     the type of its gold answers
    fit        the beginning of a file -> 0 where it is not of the format, else the number of keys, columns or marks of
               the format's own that it shows. It knows of no other format
    read       (path, data config) -> examples. Raises DataError citing the line
    keys       of a JSON format, those of an object that are read; an object's others are passed over
    keeps      whether an object's other keys are kept, in `Example.fields`
    flat       of a format of spans, whether the task of tags reads it too: its spans seldom overlap
    sentences  whether its documents say their sentences, so that `data.by_sentence` can take them one by one
    people     (path, data config) -> what those are called whose annotations a file has, where it tells them apart
    decided    (path, data config) -> whether a file says that somebody decided on every text that it has gold of; a
               tool that does not say it gives back what was proposed like what somebody annotated
    claims     path -> whether it names data of the format that no beginning of a text shows: those of several files, a
               folder, say, or a file that is no text
    binary     whether a file that it claims is no text
    input      the type of its inputs where they are no texts; `Text` stands for all that is made of texts
    """

    name: str
    shape: str
    answer: type
    fit: Callable[[str], int]
    read: Callable[[Path, DataConfig], Iterator[Example]]
    keys: frozenset[str] = frozenset()
    keeps: bool = False
    flat: bool = False
    sentences: bool = False
    people: Callable[[Path, DataConfig], list[str]] = _nobody
    decided: Callable[[Path, DataConfig], bool] = _unknown
    claims: Callable[[Path], bool] = _one_file
    binary: bool = False
    input: type = Text

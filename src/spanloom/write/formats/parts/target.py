"""The contract of a format that is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from spanloom.core import Example
from spanloom.write.formats.parts.ledger import Ledger


class Holds(StrEnum):
    """What a format may be able to hold beside a text and what it was made for."""

    relations = "relations between spans"
    overlaps = "spans that overlap"
    spacing = "the text as it is, not its tokens with a space between"
    tokens = "tokens that are cut otherwise than ours"
    unannotated = "texts that nobody has looked at"
    empty = "texts in which there is nothing to annotate"
    several = "several classes of a text"
    pairs = "pairs of texts"
    plain = "tags that are no spans"
    ids = "the id of a text"
    fields = "its other fields"
    lost = "facts that had no place in the text"
    predictions = "answers of a model, apart from what people annotated"
    scores = "the scores of answers"


@dataclass(frozen=True)
class Options:
    """How examples are to be written.

    line         example -> its line in spanloom's own format, `Task.line`
    predictions  they are a model's answers, for people to go over; their scores are written too
    model        the name and version of that model
    scheme       the scheme of tags that say spans, where the format has columns of them
    """

    line: Callable[[Example], Mapping[str, Any]]
    predictions: bool = False
    model: str = ""
    scheme: str = "bio2"


def as_it_is(example: Example, ledger: Ledger) -> Example | None:
    return example


def nothing_else(path: Path) -> Path | None:
    return None


def no_settings(options: Options) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Target:
    """A format that is written, as functions.

    name     what `--to` calls it
    reads    the name of the format in `spanloom.read` that reads it back
    summary  what is written, in a few words
    answers  the types of gold that it holds; any type where there are none
    holds    what it can hold; the rest is taken out of the examples and counted before they come to `write`
    write    (path, examples, options). Writes whole or not at all. Raises DataError, citing its source, for an example
             that has characters which the format cannot hold, FileError where the path cannot be written
    adapt    (example, ledger) -> what the format can hold of it, where that is more than `holds` can say; what is left
             out goes to the ledger; None where nothing is left
    beside   path -> another file that is written beside it, to be told of; None where there is none
    settings options -> the `[data]` settings that it takes to read it back
    by_text  facts are written as text and looked for when it is read: of equal texts and places it tells one only, and
             `adapt` counts the others
    schemes  whether tags of spans are written in `Options.scheme`
    """

    name: str
    reads: str
    summary: str
    answers: tuple[type, ...]
    holds: frozenset[Holds]
    write: Callable[[Path, Iterable[Example], Options], None]
    adapt: Callable[[Example, Ledger], Example | None] = as_it_is
    beside: Callable[[Path], Path | None] = nothing_else
    settings: Callable[[Options], Mapping[str, Any]] = no_settings
    by_text: bool = False
    schemes: bool = False

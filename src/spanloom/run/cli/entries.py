"""What `predict` makes of a line, an object or a row: an input of the task, or the error in its place."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spanloom.config import DataConfig
from spanloom.errors import ConfigError, DataError
from spanloom.inputs import Relation
from spanloom.predict.outcomes import always
from spanloom.read.relation_lines import marked_text
from spanloom.run.cli.gauge import Gauge
from spanloom.run.cli.lines import Lines, refuse_unreadable
from spanloom.run.cli.objects import Strings, object_on, texts_in

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor

MARKED = {"head", "tail"}

UNLIMITED = sys.maxsize
"""Characters of a text at most: what is too long for a model at once is read in windows."""

LEFT_ASIDE = DataConfig(max_characters=UNLIMITED, unknown_keys="ignored", repair=True)
"""How annotated data are read of which only the texts are wanted."""

TEXT_FIELD = "--text-field"


@dataclass(frozen=True)
class Entry:
    """An input of the task, or the error in its place, and where it stands.

    fields: what stood beside it and stays; raw: what an error shows of it where it has no fields.
    """

    input: Any
    where: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""


Make = Callable[[str, str], Entry | None]
"""What makes an entry of a line and of where it stands; of a blank one perhaps none."""


@dataclass(frozen=True)
class Inputs:
    """Entries one by one, and whether another can be had without waiting for it. gauge: how much of them was read."""

    entries: Iterator[Entry]
    more: Callable[[], bool] = always
    gauge: Gauge | None = None


@dataclass(frozen=True)
class Maker:
    """What makes entries for a predictor. encoding: of files. text_fields: under which names an object or a row has its
    texts, where these are not the usual ones."""

    predictor: Predictor[Any]
    encoding: str = "utf-8"
    text_fields: Sequence[str] = ()
    gauge: Gauge = field(default_factory=Gauge)

    def __post_init__(self) -> None:
        wanted = max(self.predictor.texts, 1)
        if self.text_fields and len(self.text_fields) != wanted:
            found = f"names {len(self.text_fields)} of the fields: {', '.join(map(repr, self.text_fields))}"
            expected = "two, as the model reads pairs" if wanted == 2 else "one, as the model reads one at a time"
            raise ConfigError(TEXT_FIELD, found, expected, "Give the option as often as that.")

    def of_text(self, line: str, where: str) -> Entry:
        return Entry(self.predictor.attempt(together(line, self.predictor.texts), where), where, raw=line)

    def of_json(self, line: str, where: str) -> Entry | None:
        """The entry that a JSON object makes; none of a blank line. Raises DataError for what is no object."""
        return self.of_object(object_on(line, where), where) if line.strip() else None

    def of_object(self, fields: dict[str, Any], where: str) -> Entry:
        try:
            if fields.keys() >= MARKED and isinstance(self.predictor.task.answer(), Relation):
                return Entry(marked_text(fields, where, LEFT_ASIDE), where, fields)
            texts = texts_in(fields, self.predictor.texts, where, self.text_fields)
            return Entry(self.predictor.attempt(texts, where), where, fields)
        except DataError as error:
            return Entry(error, where, fields)

    def of_lines(self, lines: Lines, make: Make, where: str) -> Iterator[Entry]:
        """What is made of each line, or the error in its place."""
        for number, line in lines:
            here = f"{where}:{number}"
            try:
                refuse_unreadable(line, here, self.encoding)
                entry = make(line, here)
            except DataError as error:
                entry = Entry(error, here)
            if entry is not None:
                yield entry


def together(line: str, texts: int) -> Strings:
    """What stands on one line, for a model that reads so many texts together (0: the turns of a dialogue)."""
    if texts == 1:
        return line
    return line.split("\t") if texts else re.split("\t+", line.strip("\t"))

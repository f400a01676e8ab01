"""The lines of WebAnno TSV 3 files: layers, and sentences with their units, which have a column for each feature.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|value
    #T_RL=webanno.custom.Relation|label|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity

    #Text=Ida left New Oslo
    1-1     0-3    Ida    PER       _       _
    1-3     9-12   New    LOC[2]    left    1-1[0_2]
    1-4     13-17  Oslo   LOC[2]    _       _

Offsets count UTF-16 code units of the document. https://inception-project.github.io, "WebAnno TSV 3.3 File format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from spanloom.errors import DataError
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.lines import numbered_lines

FORMAT_LINE = re.compile(r"#FORMAT=WebAnno TSV 3\.[0-9]+ *")
LAYER = re.compile(r"#T_(SP|CH|RL)=(.*)")
TEXT, SENTENCE_ID = "#Text=", "#Sentence.id="
BASE, ROLE = "BT_", "ROLE_"
SPAN, CHAIN, RELATION = "SP", "CH", "RL"
NOTHING, NO_VALUE = "_", "*"
UNIT = re.compile(r"([0-9]{1,9})-([0-9]{1,9})((?:\.[0-9]{1,9})*)")
OFFSETS = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
ESCAPED = re.compile(r"\\(->|.)", re.DOTALL)
MEANINGS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b"}
STACKED = re.compile(r"(?:[^|\\]|\\.)+", re.DOTALL)
NUMBERED = re.compile(r"(?P<value>(?:[^\\]|\\.)*?)(?:\[(?P<number>[0-9]{1,9})\])?", re.DOTALL)
REFERENCE = re.compile(r"(?P<unit>[0-9.-]+)(?:\[(?P<head>[0-9]{1,9})(?:_(?P<tail>[0-9]{1,9}))?\])?")


class Layer(NamedTuple):
    """kind: of spans, chains or relations. columns: the names of its features, by their number in a line."""

    kind: str
    name: str
    columns: dict[int, str]


class Unit(NamedTuple):
    """A token, or a part of one: its line, its id, its place in UTF-16 code units, its text and its columns."""

    line: int
    name: str
    place: tuple[int, int]
    text: str
    cells: Sequence[str]

    @property
    def is_token(self) -> bool:
        return "." not in self.name


@dataclass
class Sentence:
    """line: that of its first unit. text: as `#Text` says it."""

    text: str
    name: str = ""
    units: list[Unit] = field(default_factory=list)


def unescaped(value: str) -> str:
    """A text or a value as it is meant."""
    return ESCAPED.sub(lambda found: MEANINGS.get(found[1], found[1]), value)


def stacked(cell: str) -> list[str]:
    """The annotations that stand in a cell one above the other, still escaped; none in an empty one."""
    return [] if cell in (NOTHING, "") else STACKED.findall(cell)


def layer_of(line: str, first: int, where: str) -> Layer:
    """The layer that a line of the header declares. first: the number of its first column."""
    found = LAYER.fullmatch(line)
    if found is None:
        raise DataError(where, shown(line), "a layer, as #T_SP=NAME|FEATURE", "Correct the header.")
    name, *features = found[2].split("|")
    return Layer(found[1], name, {first + number: feature for number, feature in enumerate(features or [""])})


def parsed(path: Path, encoding: str) -> tuple[list[Layer], list[Sentence]]:
    """The layers and the sentences of a file. Raises DataError citing the line."""
    layers: list[Layer] = []
    sentences: list[Sentence] = []
    name, lines = "", list[str]()
    for number, line in numbered_lines(path, encoding):
        where = f"{path}:{number}"
        if number == 1:
            if not FORMAT_LINE.fullmatch(line):
                raise DataError(where, shown(line), "#FORMAT=WebAnno TSV 3.3", "Export it once more.")
        elif line.startswith(TEXT):
            lines.append(unescaped(line.removeprefix(TEXT)))
        elif line.startswith(SENTENCE_ID):
            name = unescaped(line.removeprefix(SENTENCE_ID))
        elif not sentences and not lines and line.startswith("#"):
            width = sum(len(layer.columns) for layer in layers)
            layers.append(layer_of(line, width, where))
        elif line.strip():
            if lines:
                sentences.append(Sentence("\n".join(lines), name))
                name, lines = "", []
            if not sentences:
                raise DataError(where, f"{shown(line)} before any text", "a line #Text=…", "Correct the file.")
            sentences[-1].units.append(_unit(line, layers, number, where))
    if lines:
        raise DataError(str(path), f"no tokens behind {shown(lines[0])}", "a line for each", "Export it once more.")
    return layers, sentences


def _unit(line: str, layers: Sequence[Layer], number: int, where: str) -> Unit:
    cells = line.removesuffix("\t").split("\t")  # every line ends with one
    width = 3 + sum(len(layer.columns) for layer in layers)
    if len(cells) != width:
        found = f"{len(cells)} columns in {shown(line)}"
        raise DataError(where, found, f"{width}, as the header has", "Correct the line.")
    place = OFFSETS.fullmatch(cells[1])
    if not UNIT.fullmatch(cells[0]) or place is None:
        found = f"{shown(cells[0])} and {shown(cells[1])}"
        raise DataError(where, found, "a unit as 1-1 and its offsets as 0-4", "Correct the line.")
    return Unit(number, cells[0], (int(place[1]), int(place[2])), cells[2], cells[3:])


def of_layer(units: Sequence[Unit], layers: Sequence[Layer], kind: str) -> Iterator[tuple[Layer, Unit]]:
    """Each layer of a kind with each unit in which it has something."""
    for layer in layers:
        if layer.kind == kind:
            yield from (
                (layer, unit) for unit in units if any(unit.cells[at] not in (NOTHING, "") for at in layer.columns)
            )

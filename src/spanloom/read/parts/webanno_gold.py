"""What the units of a WebAnno TSV file say: a document with entities and relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text, Token
from spanloom.read.parts.json_decode import shown
from spanloom.read.parts.placing import Placing
from spanloom.read.parts.texts import checked_text
from spanloom.read.parts.uima_document import Document
from spanloom.read.parts.uima_layers import is_linguistic, label_feature, short
from spanloom.read.parts.utf16 import Utf16
from spanloom.read.parts.webanno import (
    BASE,
    CHAIN,
    NO_VALUE,
    NUMBERED,
    REFERENCE,
    RELATION,
    ROLE,
    SPAN,
    Layer,
    Sentence,
    Unit,
    of_layer,
    parsed,
    stacked,
    unescaped,
)

ANY = "uima.tcas.Annotation"
EMPTY = "of no width"
Key = tuple[str, str]
"""What an annotation is called in its file: its layer, and its number or its unit."""


@dataclass
class Found:
    """An annotation: the units that it stands in, and its label."""

    label: str
    units: list[Unit] = field(default_factory=list)


def document(path: Path, config: DataConfig) -> Document:
    """The document of a file. Raises DataError citing the line."""
    layers, sentences = parsed(path, config.encoding)
    raw = _raw(sentences, path)
    for text in [sentence.text for sentence in sentences] if config.by_sentence else [raw]:
        checked_text(text, str(path), config)
    offsets = Utf16(raw)
    units = [unit for sentence in sentences for unit in sentence.units]
    tokens = tuple(_token(unit, raw, offsets, path) for unit in units if unit.is_token and unit.text.strip())
    placing = Placing(Text(raw, tokens), f"{path}:{units[0].line}")
    notes: Counter[str] = Counter()
    annotations = _annotations(layers, units, notes, path)
    for key, one in annotations.items():
        start, end = (min(unit.place[0] for unit in one.units), max(unit.place[1] for unit in one.units))
        place = _characters((start, end), offsets, f"{path}:{one.units[0].line}")
        if place[0] == place[1]:
            placing.lose(key, one.label, "", EMPTY)
        else:
            placing.where = f"{path}:{one.units[0].line}"
            placing.add(key, place, one.label)
    _relate(placing, layers, units, annotations, notes, path)
    source = Source(str(path), units[0].line)
    mended = tuple((source, f"{what}: {count:,}") for what, count in notes.items())
    example = Example(placing.text, placing.graph(), source, lost=tuple(placing.lost), mended=mended)
    return Document(example, _places(sentences), [{"id": one.name} if one.name else {} for one in sentences])


def _places(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    """The tokens of each sentence."""
    places, at = [], 0
    for sentence in sentences:
        end = at + sum(unit.is_token and bool(unit.text.strip()) for unit in sentence.units)
        places.append((at, end))
        at = end
    return places


def _raw(sentences: Sequence[Sentence], path: Path) -> str:
    """The text of the document: each sentence where its first token begins, line breaks and blanks between."""
    parts: list[str] = []
    length = 0
    for sentence in sentences:
        if not sentence.units:
            continue
        first = sentence.units[0]
        gap = first.place[0] - length
        if gap < 0:
            found = f"a sentence that begins at {first.place[0]}, where the one before it reaches {length}"
            raise DataError(f"{path}:{first.line}", found, "sentences one behind the other", "Export it once more.")
        parts.append("\n"[:gap] + " " * (gap - 1))
        parts.append(sentence.text)
        length = first.place[0] + Utf16(sentence.text).length
    if not parts:
        raise DataError(str(path), "no sentence", "#Text=… and a line for each token", "Export it once more.")
    return "".join(parts)


def _characters(place: tuple[int, int], offsets: Utf16, where: str) -> tuple[int, int]:
    start, end = (offsets.characters(edge) for edge in place)
    if start is None or end is None or start > end:
        found = f"offsets {place[0]} to {place[1]} in a text of {offsets.length}"
        raise DataError(where, found, "UTF-16 code units inside the text", "Export it once more.")
    return start, end


def _token(unit: Unit, raw: str, offsets: Utf16, path: Path) -> Token:
    where = f"{path}:{unit.line}"
    start, end = _characters(unit.place, offsets, where)
    if raw[start:end] != unit.text:
        found = f"{shown(unit.text)} at {unit.place[0]} to {unit.place[1]}, where {shown(raw[start:end])} stands"
        raise DataError(where, found, "offsets in UTF-16 code units", "Export it once more.")
    return Token(unit.text, start, end)


def _annotations(layers: Sequence[Layer], units: Sequence[Unit], notes: Counter[str], path: Path) -> dict[Key, Found]:
    """The annotations of the layers that are read as entities. What is passed over is counted in `notes`."""
    found: dict[Key, Found] = {}
    for layer, unit in of_layer(units, layers, SPAN):
        if is_linguistic(layer.name):
            notes[f"layer {short(layer.name)} passed over"] += 1
            continue
        label = _label_column(layer)
        for number, cell in _cells(layer, unit, label, path):
            key = (layer.name, number or unit.name)
            own = found.setdefault(key, Found(_meant(cell) or short(layer.name)))
            own.units.append(unit)
        for column, name in layer.columns.items():
            said = any(_meant(one) for one in stacked(unit.cells[column]))
            if column == label or not said or layer.columns.get(column - 1, "").startswith(ROLE):
                continue  # behind a slot stands what it leads to
            what = "slot" if name.startswith(ROLE) else f"feature {name}"
            notes[f"{what} of {short(layer.name)} passed over"] += 1
    for layer, _ in of_layer(units, layers, CHAIN):
        notes[f"link of a chain of {short(layer.name)} passed over"] += 1
    return found


def _label_column(layer: Layer) -> int:
    """The column that is read as the label, the first where none is one."""
    plain = {name: column for column, name in layer.columns.items() if not name.startswith((ROLE, BASE))}
    chosen = label_feature(plain)
    return min(layer.columns) if chosen is None else plain[chosen]


def _cells(layer: Layer, unit: Unit, column: int, path: Path) -> Iterator[tuple[str, str]]:
    """The number, if there is one, and the value of each annotation of a layer in a unit."""
    for value in stacked(unit.cells[column]):
        match = NUMBERED.fullmatch(value)
        if match is None:
            found = f"{shown(value)} in the column of {short(layer.name)}"
            raise DataError(f"{path}:{unit.line}", found, "VALUE or VALUE[NUMBER]", "Correct the line.")
        yield match["number"] or "", match["value"]


def _meant(value: str) -> str:
    """What a value says, nothing where it is the mark for none."""
    match = NUMBERED.fullmatch(value)
    written = match["value"] if match else value
    return "" if written == NO_VALUE else unescaped(written)


def _relate(
    placing: Placing,
    layers: Sequence[Layer],
    units: Sequence[Unit],
    annotations: dict[Key, Found],
    notes: Counter[str],
    path: Path,
) -> None:
    """Enter the relations: each goes from the unit that its last column names to its own."""
    known = {name for name, _ in annotations}
    for layer, unit in of_layer(units, layers, RELATION):
        last = max(layer.columns)
        base = layer.columns[last].removeprefix(BASE)
        if is_linguistic(layer.name) or (base != ANY and is_linguistic(base)):
            notes[f"layer {short(layer.name)} passed over"] += 1
            continue
        placing.where = f"{path}:{unit.line}"
        labels = stacked(unit.cells[_label_column(layer)]) if len(layer.columns) > 1 else []
        for place, reference in enumerate(stacked(unit.cells[last])):
            match = REFERENCE.fullmatch(reference)
            if match is None:
                found = f"{shown(reference)} in the column {layer.columns[last]}"
                raise DataError(placing.where, found, "UNIT or UNIT[HEAD_TAIL]", "Correct the line.")
            label = (_meant(labels[place]) if place < len(labels) else "") or short(layer.name)
            bases = known if base == ANY else {base}
            head = _end(annotations, bases, match["unit"], match["head"], placing.where)
            tail = _end(annotations, bases, unit.name, match["tail"], placing.where)
            placing.relate(head, tail, label)


def _end(annotations: dict[Key, Found], layers: set[str], unit: str, number: str | None, where: str) -> Key:
    """The annotation of these layers in a unit, by its number where it has one."""
    if number not in (None, "0"):
        keys = [(layer, str(number)) for layer in sorted(layers) if (layer, str(number)) in annotations]
    else:
        keys = [(layer, unit) for layer in sorted(layers) if (layer, unit) in annotations] or [
            key for key, one in annotations.items() if key[0] in layers and one.units[0].name == unit
        ]
    if len(keys) != 1:
        which = f"{unit}[{number}]" if number else unit
        found = f"a relation of {which}, where {len(keys) or 'no'} annotations are"
        raise DataError(where, found, "one of the layer that the relation is of", "Correct the reference.")
    return keys[0]

"""Label Studio's JSON and JSON-MIN: regions of a text, and the relations between them.

Offsets count characters (Unicode code points), half-open. Versions before 1.5 counted UTF-16 code units, so that every
emoji before a region moved it: which of the two a task has, the text that stands in its regions tells. A relation goes
from `from_id` to `to_id`, the other way with the direction `left`, both ways with `bi`. Choices, ratings and whatever
else a labelling configuration may have are passed over and counted. https://labelstud.io/guide/export
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.annotations import score_of
from spanloom.read.parts.annotators import Annotators, Opinion
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, first_keys, id_of, listed, of_kind, shown
from spanloom.read.parts.label_studio import (
    ANNOTATIONS,
    COMPLETIONS,
    KEYS,
    ROW_KEYS,
    SPANS,
    TASK_KEYS,
    Annotation,
    Task,
    TextKey,
    decided,
    people,
    tasks,
    texts_in,
)
from spanloom.read.parts.left_out import noted
from spanloom.read.parts.placing import Placing
from spanloom.read.parts.texts import tokenized
from spanloom.read.parts.utf16 import Utf16

RELATION, UNNAMED = "relation", "related"
"""The type of a relation, and what one without a label is called."""

OF_A_ROW = re.compile(rf'"(?:{"|".join(SPANS)})"\s*+:\s*+\[')
BLANKS = re.compile(r"(?:\\n|\s)+")


@dataclass(frozen=True)
class Region:
    """A span of a text: its id, its place, its labels, and what stands there, where the file says it."""

    name: str
    start: int
    end: int
    labels: tuple[str, ...]
    surface: str | None
    score: float | None


def fit(beginning: str) -> int:
    """More than a format that shares the keys `text` and `label`, which are no keys of Label Studio's own."""
    keys = first_keys(beginning)
    if "data" in keys and keys & {ANNOTATIONS, COMPLETIONS, "predictions"}:
        return len(keys & TASK_KEYS)
    of_row = not keys & {"data", "entities", "spans"} and OF_A_ROW.search(beginning) and '"start"' in beginning
    return len(keys & ROW_KEYS) + 3 if of_row else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a task. Raises DataError citing its line."""
    opinions, key = Annotators(config, path), TextKey(config)
    return noted((_example(task, opinions, key, config) for task in tasks(path, config)), opinions.ending)


def _example(task: Task, everybody: Annotators, key: TextKey, config: DataConfig) -> Example:
    where = str(task.source)
    found = [(one, _regions(one, where)) for one in task.annotations]
    texts = texts_in(task.data)
    fits = [name for name in texts if all(_counted(task.data[name], regions) is not None for _, regions in found)]
    name = key.of(task, fits)
    text = tokenized(task.data[name], where, config)
    fields = task.fields_beside(name)
    without = Example(text, None, task.source, mended=task.notes, fields=fields)
    opinions = [Opinion(one.names, _said(without, one, regions), one.truth, one.when) for one, regions in found]
    return everybody.choose(opinions, without)


def _regions(annotation: Annotation, where: str) -> list[Region]:
    found = []
    for number, result in enumerate(annotation.results):
        if result.get("type") in SPANS:
            found.append(_region(result, number, where))
    return found


def _region(result: Item, number: int, where: str) -> Region:
    value = field(result, "value", dict, where, "result")
    places = value.get("globalOffsets") if isinstance(value.get("start"), str) else value
    if not isinstance(places, dict):
        found = f"a region from {shown(value['start'])}, a place in HTML"
        raise DataError(where, found, "offsets in characters", "Use the tag <Text> in the labelling configuration.")
    start, end = (field(places, key, int, where, "value") for key in ("start", "end"))
    labels = tuple(of_kind(one, str, where, "a label") for one in listed(value, result["type"], where))
    surface = value.get("text") if isinstance(value.get("text"), str) else None
    return Region(str(result.get("id", number)), start, end, labels, surface, score_of(result, where))


def _counted(text: str, regions: Sequence[Region]) -> list[Region] | None:
    """The regions with offsets in characters, whatever they count; None where what they say stands nowhere there."""
    if all(_stands(text, region) for region in regions):
        return list(regions)
    units = Utf16(text)
    moved = []
    for region in regions:
        start, end = units.characters(region.start), units.characters(region.end)
        if start is None or end is None:
            return None
        moved.append(replace(region, start=start, end=end))
    return moved if all(_stands(text, region) for region in moved) else None


def _stands(text: str, region: Region) -> bool:
    """Whether the text at a region's offsets is what it says, line breaks and blanks aside."""
    there = text[region.start : region.end]
    inside = 0 <= region.start < region.end <= len(text)
    return inside and (region.surface is None or _plain(there) == _plain(region.surface))


def _plain(text: str) -> str:
    return BLANKS.sub(" ", text).strip()


def _said(without: Example, annotation: Annotation, regions: Sequence[Region]) -> Example:
    """The example with what one person says of its text. Raises DataError for offsets that are wrong."""
    text, source = without.input, without.source
    counted = _counted(text.text, regions)
    if counted is None:
        wrong = next(region for region in regions if not _stands(text.text, region))
        there = f"{shown(text.text[wrong.start : wrong.end])} stands"
        if not 0 <= wrong.start < wrong.end <= len(text.text):
            there = f"the text has {len(text.text):,} characters"
        said = "" if wrong.surface is None else f"is {shown(wrong.surface)} "
        found = f"region {wrong.name} {said}from {wrong.start} to {wrong.end}, where {there}"
        remedy = "Was the text changed after it was annotated? Or set data.text_column to the text that was."
        raise DataError(str(source), found, "the text at its offsets", remedy)
    placing, notes = Placing(text, str(source)), []
    for region in counted:
        if not region.labels:
            notes.append((source, f"region without a label, passed over: {shown(region.surface)}"))
            placing.spans[region.name] = None, region.surface or ""
            placing.causes[region.name] = "without a label"
        for label in region.labels:
            taken = region.name in placing.spans  # by another label of it, which its relations are of
            name = (region.name, len(placing.spans)) if taken else region.name
            placing.add(name, (region.start, region.end), label, region.score)
    for result in annotation.results:
        kind = str(result.get("type"))
        if kind == RELATION:
            notes += _relate(placing, result, source)
        elif kind not in SPANS:
            notes.append((source, f"{kind} passed over: {shown(result.get('value'))}"))
    mended = (*without.mended, *notes)
    return replace(without, gold=placing.graph(), lost=tuple(placing.lost), mended=mended)


def _relate(placing: Placing, result: Item, source: Source) -> list[tuple[Source, str]]:
    where = str(source)
    ends = [str(id_of(result, key, where, "relation")) for key in ("from_id", "to_id")]
    direction = result.get("direction") or "right"
    if direction not in ("right", "left", "bi"):
        found = f"a relation with the direction {shown(direction)}"
        raise DataError(where, found, "right, left or bi", "Correct it.")
    given = listed(result, "labels", where)
    labels = [of_kind(label, str, where, "the label of a relation") for label in given] or [UNNAMED]
    for label in labels:
        for head, tail in (ends, ends[::-1]) if direction == "bi" else (ends[:: 1 if direction == "right" else -1],):
            placing.relate(head, tail, label, score_of(result, where))
    return [] if given else [(source, f"relation without a label, read as '{UNNAMED}': {' to '.join(ends)}")]


FORMAT = Format(
    name="label-studio",
    shape="Label Studio's JSON or JSON-MIN: data with annotations, or a text with labels",
    answer=Graph,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
    people=people,
    decided=decided,
    flat=True,
)

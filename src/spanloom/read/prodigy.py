"""Prodigy's JSON lines of spans and of relations between them, as `db-out` gives them.

Offsets count characters, half-open. `tokens`, where they are there, are those of the text. A relation has the numbers
of two tokens, `head` and `child`, and the spans that these are of as `head_span` and `child_span`; its arrow leads from
the head to the child. Rejected and ignored items are left out and counted. https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Text
from spanloom.read.parts.annotations import character_place, score_of, token_ranges
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, first_keys, listed, object_of, shown
from spanloom.read.parts.offsets import label_of
from spanloom.read.parts.placing import Placing
from spanloom.read.parts.prodigy import GOLD, OWN_KEYS, decided, examples, fields_of, people
from spanloom.read.parts.texts import checked_text
from spanloom.text.words import tokenize

UNNAMED = "Entity"
"""The label of a span that has none: a relation may be of words that nobody labelled."""

Places = dict[tuple[int, int], dict[str, int]]
"""The numbers of the spans of a text by their place, in characters, and their label."""


def fit(beginning: str) -> int:
    keys = first_keys(beginning)
    return len(keys & OWN_KEYS) + 1 if {"text", "spans"} <= keys or {"text", "relations", "answer"} <= keys else 0


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line that was accepted. Raises DataError citing the line."""
    return examples(path, config, _example)


def _example(source: Source, item: Item, config: DataConfig) -> Example:
    where = str(source)
    raw = checked_text(field(item, "text", str, where), where, config)
    for key in ("spans", "relations"):
        GOLD.refuse_misspelt(key, item, where, config)
    tokens = listed(item, "tokens", where)
    text = Text(raw, token_ranges({"tokens": _visible(tokens)}, raw, where) if tokens else tokenize(raw))
    without = Example(text, None, source, fields=fields_of(item, config))
    if "spans" not in item and "relations" not in item:
        return without
    placing, places = Placing(text, where), Places()
    spans = [object_of(value, where, "a span") for value in listed(item, "spans", where)]
    for value in spans:
        _add(placing, places, value, where)
    for value in listed(item, "relations", where):
        relation = object_of(value, where, "a relation")
        ends = [_end(placing, places, relation, side, where) for side in ("head", "child")]
        placing.relate(ends[0], ends[1], label_of(relation, "label", where, "relations"), score_of(relation, where))
    unnamed = sum(value.get("label") is None for value in spans)
    notes = ((source, f"span without a label, read as '{UNNAMED}': {unnamed:,}"),) if unnamed else ()
    return replace(without, gold=placing.graph(), lost=tuple(placing.lost), mended=(*without.mended, *notes))


def _visible(tokens: Sequence[Any]) -> list[Any]:
    """The tokens that are not blank: spaCy makes some of line breaks."""
    return [one for one in tokens if not isinstance(one, dict) or str(one.get("text", "x")).strip()]


def _add(placing: Placing, places: Places, value: Item, where: str) -> int:
    """Enter a span under its number, which is returned."""
    label = UNNAMED if value.get("label") is None else label_of(value, "label", where, "spans")
    place = character_place(value, placing.text.text, where, "spans")
    number = len(placing.spans)
    if place is None:
        placing.lose(number, label, "", "blank")
    else:
        placing.add(number, place, label, score_of(value, where))
        places.setdefault(place, {}).setdefault(label, number)
    return number


def _end(placing: Placing, places: Places, relation: Item, side: str, where: str) -> int:
    """The number of the span that is the head or the child of a relation; a new one where it is no span yet."""
    given = relation.get(f"{side}_span")
    if not isinstance(given, dict) or "start" not in given:
        return _around(placing, places, field(relation, side, int, where, "relations"), side, where)
    known = places.get(character_place(given, placing.text.text, where, "spans") or (0, 0), {})
    label = None if given.get("label") is None else label_of(given, "label", where, "spans")
    if label in known:
        return known[label]
    return next(iter(known.values())) if known else _add(placing, places, given, where)


def _around(placing: Placing, places: Places, number: int, side: str, where: str) -> int:
    """The number of the shortest span that a token is in, or that of the token, which is then a span of its own."""
    tokens = placing.text.tokens
    if not 0 <= number < len(tokens):
        found = f"a relation's {side} is {shown(number)}"
        raise DataError(where, found, f"a token, 0 to {len(tokens) - 1}", "Correct it, or give 'tokens'.")
    start, end = tokens[number].start, tokens[number].end
    around = [place for place in places if place[0] <= start and end <= place[1]]
    if not around:
        return _add(placing, places, {"start": start, "end": end}, where)
    return next(iter(places[min(around, key=lambda place: place[1] - place[0])].values()))


FORMAT = Format(
    name="prodigy",
    shape="Prodigy's JSON lines: a text with spans, perhaps relations, and the answer",
    answer=Graph,
    fit=fit,
    read=read,
    keys=OWN_KEYS,
    keeps=True,
    people=people,
    decided=decided,
    flat=True,
)

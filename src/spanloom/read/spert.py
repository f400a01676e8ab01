"""SpERT's JSON: `{"tokens": […], "entities": [{"type", "start", "end"}], "relations": [{"type", "head", "tail"}]}`.

Offsets count tokens, half-open; `head` and `tail` index `entities`. Eberts and Ulges 2020, https://arxiv.org/abs/1909.07755.
The tokens joined by single spaces make the text. Without the key `relations` there are entities alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.inputs import Relation, Span
from spanloom.read.parts.blanks import tokens_of
from spanloom.read.parts.entities_alone import NO_RELATIONS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, json_items, object_of
from spanloom.read.parts.json_keys import Keys
from spanloom.read.parts.offsets import checked_index, checked_range, label_of
from spanloom.read.parts.texts import joined

KEYS = Keys((frozenset({"tokens", "entities"}),), gold=("entities", "relations"), inputs=("tokens",))


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example an object. Raises DataError citing the line."""
    for source, item in json_items(path, config):
        where = str(source)
        kept = tokens_of(item, "tokens", source, config)
        KEYS.refuse_misspelt("relations", item, where, config)
        text = joined(kept.words, where, config)
        spans = tuple(_span(value, kept.given, where) for value in field(item, "entities", list, where))
        values = field(item, "relations", list, where) if "relations" in item else ()
        relations = tuple(_relation(value, spans, where) for value in values)
        graph, lost = kept.graph(spans, relations)
        mended = (*kept.notes, *marks(item, source, "relations", NO_RELATIONS))
        yield Example(text, graph, source, lost=tuple(lost), mended=mended)


def _span(value: Item, length: int, where: str) -> Span:
    item = object_of(value, where, "an entity")
    start, end = checked_range(item, length, "tokens", where)
    return Span(start, end, label_of(item, "type", where, "entities"))


def _relation(value: Item, spans: tuple[Span, ...], where: str) -> Relation:
    item = object_of(value, where, "a relation")
    head, tail = (spans[checked_index(item, key, len(spans), where)] for key in ("head", "tail"))
    return Relation(head, tail, label_of(item, "type", where, "relations"))


FORMAT = Format(
    name="spert",
    shape="tokens, entities, relations",
    answer=Graph,
    fit=KEYS.fit,
    read=read,
    keys=KEYS.read,
)

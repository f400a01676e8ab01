"""GLiNER's training data, JSON lines or a list.

{"tokenized_text": ["Ida", …], "ner": [[0, 0, "person"], …], "relations": [[0, 1, "left"], …]}

Offsets count tokens, and the end of an entity is INCLUSIVE. A relation names two entities by their place in `ner`, or
has six parts that repeat them, `[0, 0, "person", 3, 3, "city", "left"]`. The tokens joined by single spaces make the
text. Zaratiana et al. 2024, https://aclanthology.org/2024.naacl-long.300; https://urchade.github.io/GLiNER/training.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import Relation, Span
from spanloom.read.parts.blanks import tokens_of
from spanloom.read.parts.entities_alone import NO_RELATIONS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, each_object, field, of_kind
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import joined
from spanloom.read.parts.token_spans import inclusive, parts_of, span_at

WORDS = "tokenized_text"
KEYS = Keys((frozenset({WORDS}),), gold=("ner", "relations"), inputs=(WORDS,))
ENTITY = "[first token, last token, label], the last included"
RELATION = "[head, tail, label], or the two entities and the label in 7 parts"


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    kept = tokens_of(item, WORDS, source, config)
    KEYS.refuse_other_gold(item, where, config)
    for key in KEYS.gold:
        KEYS.refuse_misspelt(key, item, where, config)
    text, fields = joined(kept.words, where, config), other_fields(item, KEYS.read)
    if "ner" not in item:
        if item.get("relations"):
            raise DataError(where, "'relations', but no 'ner'", "the entities that they are of", "Add them.")
        return Example(text, None, source, mended=kept.notes, fields=fields)
    spans = [_span(value, kept.given, where) for value in field(item, "ner", list, where)]
    values = field(item, "relations", list, where) if "relations" in item else ()
    graph, lost = kept.graph(spans, [_relation(value, spans, kept.given, where) for value in values])
    mended = (*kept.notes, *marks(item, source, "relations", NO_RELATIONS))
    return Example(text, graph, source, lost=tuple(lost), mended=mended, fields=fields)


def _span(value: Any, length: int, where: str) -> Span:
    first, last, label = parts_of(value, (3,), where, "an entity of 'ner'", ENTITY)
    return Span(*inclusive((first, last), length, where, "an entity"), class_name(label, where, "the label of 'ner'"))


def _relation(value: Any, spans: Sequence[Span], length: int, where: str) -> Relation:
    *ends, name = parts_of(value, (3, 7), where, "a relation", RELATION)
    label = class_name(name, where, "the label of a relation")
    if len(ends) == 2:
        head, tail = (_by_number(end, spans, where) for end in ends)
    else:
        head, tail = (_by_place(ends[begin : begin + 3], spans, length, where) for begin in (0, 3))
    return Relation(head, tail, label)


def _by_number(value: Any, spans: Sequence[Span], where: str) -> Span:
    number = of_kind(value, int, where, "an end of a relation")
    if not 0 <= number < len(spans):
        expected = f"the place of one of the {len(spans)} entities of 'ner', from 0"
        raise DataError(where, f"an end of a relation is {number}", expected, "Correct the number.")
    return spans[number]


def _by_place(values: Sequence[Any], spans: Sequence[Span], length: int, where: str) -> Span:
    place = inclusive(values[:2], length, where, "an end of a relation")
    return span_at(place, spans, where, class_name(values[2], where, "the label of an entity"))


FORMAT = Format(
    name="gliner",
    shape="tokenized_text, ner with [first, last, label], relations",
    answer=Graph,
    fit=KEYS.fit,
    read=each_object(_example),
    keys=KEYS.read,
    keeps=True,
    flat=True,
)

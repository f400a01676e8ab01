"""The toolkit's own JSON lines, which its predictions are written in too.

`{"text": "…", "entities": [{"start", "end", "label"}], "relations": [{"head", "tail", "label"}]}`. Offsets count
CHARACTERS of the text, half-open; `head` and `tail` index `entities`. Optional: `tokens`, `[[start, end], …]` in
characters, where they are not those of the toolkit's own rules; `score` of an entity or a relation; `text` of an
entity, which must then be what stands at its offsets; `by_text`, `ambiguous` and `lost`, which carry what a reader of
facts given as text has found. A line without the key `relations` has entities alone, and one without `entities` too is
a text without gold.
"""

from __future__ import annotations

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, LostFact, Source
from spanloom.inputs import Relation, Span, Text
from spanloom.read.parts.annotations import entity_place, lost_facts, score_of, token_ranges
from spanloom.read.parts.entities_alone import NO_RELATIONS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, each_object, field, object_of
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.locate import INSIDE_A_TOKEN
from spanloom.read.parts.offsets import checked_index, label_of
from spanloom.read.parts.texts import checked_text
from spanloom.text.words import tokenize

KEYS = Keys(
    (frozenset({"text"}),),
    gold=("entities", "relations"),
    inputs=("text", "tokens", "by_text", "ambiguous", "lost"),
)


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    raw = checked_text(field(item, "text", str, where), where, config)
    KEYS.refuse_other_gold(item, where, config)
    KEYS.refuse_misspelt("relations", item, where, config)
    text = Text(raw, token_ranges(item, raw, where) if "tokens" in item else tokenize(raw))
    lost = lost_facts(item, where)
    gold: Graph | None = None
    if "entities" in item or "relations" in item:
        gold, cut = _graph(item, text, where)
        lost += cut
    ambiguous = field(item, "ambiguous", int, where) if "ambiguous" in item else 0
    mended = marks(item, source, "relations", NO_RELATIONS) if gold else ()
    by_text, fields = item.get("by_text", False) is True, other_fields(item, KEYS.read)
    return Example(text, gold, source, by_text, ambiguous, tuple(lost), mended, fields=fields)


def _graph(item: Item, text: Text, where: str) -> tuple[Graph, list[LostFact]]:
    """The gold graph, and what cannot be in it: entities that cut a token, and their relations."""
    surfaces: list[str] = []
    spans: list[Span | None] = []
    lost: list[LostFact] = []
    for value in field(item, "entities", list, where):
        entity = object_of(value, where, "an entity")
        surface, place, label = entity_place(entity, text, where)
        surfaces.append(surface)
        spans.append(Span(*place, label, score_of(entity, where)) if place else None)
        if place is None:
            lost.append(LostFact("entity", label, surface, INSIDE_A_TOKEN))
    relations: list[Relation] = []
    for value in field(item, "relations", list, where) if "relations" in item else ():
        relation = object_of(value, where, "a relation")
        label = label_of(relation, "label", where, "relations")
        head, tail = (checked_index(relation, key, len(spans), where) for key in ("head", "tail"))
        first, second = spans[head], spans[tail]
        if first is None or second is None:
            lost.append(LostFact("relation", label, f"{surfaces[head]} -> {label} -> {surfaces[tail]}", INSIDE_A_TOKEN))
        else:
            relations.append(Relation(first, second, label, score_of(relation, where)))
    return Graph(tuple(span for span in spans if span), tuple(relations)), lost


FORMAT = Format(
    name="spanloom",
    shape="text, entities, relations",
    answer=Graph,
    fit=KEYS.fit,
    read=each_object(_example),
    keys=KEYS.read,
    keeps=True,
)

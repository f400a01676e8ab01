"""The toolkit's own JSON lines of related spans, which its predictions are written in too.

`{"text": "…", "head": {"start", "end"}, "tail": {"start", "end"}, "relation": "…"}`. Offsets count CHARACTERS of the
text, half-open. Optional: `label` of head and tail, such as the type of an entity; `text` of either, which must then be
what stands at its offsets; `score`; `tokens`, `[[start, end], …]` in characters, where they are not those of the
toolkit's own rules, which part words at the ends of a span; `lost`. A line without `relation` has no gold.
"""

from __future__ import annotations

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span, Text
from spanloom.read.parts.annotations import character_place, lost_facts, score_of, token_ranges
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, each_object, field
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name, label_of
from spanloom.read.parts.texts import checked_text
from spanloom.text.marks import Place, mark
from spanloom.text.words import covering

KEYS = Keys(
    tuple(frozenset({"text", key}) for key in ("head", "tail", "relation")),
    gold=("relation",),
    inputs=("text", "head", "tail", "tokens", "score", "lost"),
    classes=True,
)


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    marked = marked_text(item, where, config)
    gold = None
    if "relation" in item:
        label = class_name(item["relation"], where, "'relation'")
        gold = Relation(marked.head, marked.tail, label, score_of(item, where))
    else:
        KEYS.refuse_other_gold(item, where, config)
    lost, fields = tuple(lost_facts(item, where)), other_fields(item, KEYS.read)
    return Example(marked, gold, source, lost=lost, fields=fields)


def marked_text(item: Item, where: str, config: DataConfig) -> MarkedText:
    """The text of a line with its head and tail. Raises DataError."""
    raw = checked_text(field(item, "text", str, where), where, config)
    places = {key: _place(field(item, key, dict, where), key, raw, where) for key in ("head", "tail")}
    marked = mark(raw, *places.values())
    if "tokens" in item:
        tokens = token_ranges(item, raw, where)
        head, tail = (_in_tokens(Text(raw, tokens), key, place, where) for key, place in places.items())
        marked = MarkedText(Text(raw, tokens), head, tail)
    head, tail = (
        Span(span.start, span.end, label_of(item[key], "label", where, key) if "label" in item[key] else "")
        for key, span in (("head", marked.head), ("tail", marked.tail))
    )
    return MarkedText(marked.text, head, tail)


def _place(span: Item, key: str, text: str, where: str) -> Place:
    place = character_place(span, text, where, key)
    if place is None:
        found = f"the {key} from {span['start']} to {span['end']} holds nothing but spaces"
        raise DataError(where, found, "a word or more", "Correct the offsets.")
    return place


def _in_tokens(text: Text, key: str, place: Place, where: str) -> Span:
    found = covering(text.tokens, *place)
    if found is None:
        start, end = place
        raise DataError(
            where,
            f"the {key} {text.text[start:end]!r} from {start} to {end} cuts a token",
            "whole tokens of 'tokens'",
            "Correct the offsets, or leave 'tokens' out.",
        )
    return Span(*found, "")


FORMAT = Format(
    name="spanloom",
    shape="JSON: text, head and tail with start and end, relation",
    answer=Relation,
    fit=KEYS.fit,
    read=each_object(_example),
    keys=KEYS.read,
    keeps=True,
)

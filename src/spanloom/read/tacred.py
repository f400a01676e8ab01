"""TACRED's JSON, and Re-TACRED's: a sentence with the places of a subject and an object, and how the two are related.

{"token": ["Ida", …], "subj_start": 0, "subj_end": 0, "obj_start": 3, "obj_end": 3, "relation": "per:city_of_residence"}

Offsets count tokens, and ends are INCLUSIVE. The subject is the head, the object the tail; `subj_type` and `obj_type`
are their labels. Zhang et al. 2017, https://aclanthology.org/D17-1004.
"""

from __future__ import annotations

from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.inputs import MarkedText, Relation, Span
from spanloom.read.parts.blanks import Kept, tokens_of
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, each_object, field
from spanloom.read.parts.json_keys import Keys, other_fields
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.texts import joined
from spanloom.read.parts.token_spans import inclusive

PLACES = ("subj_start", "subj_end", "obj_start", "obj_end")
TYPES = ("subj_type", "obj_type")
LAYERS = ("stanford_pos", "stanford_ner", "stanford_head", "stanford_deprel")
"""What a parser said of each token, which is passed over."""
KEYS = Keys(
    (frozenset({"token", *PLACES}),), gold=("relation",), inputs=("token", *PLACES, *TYPES, *LAYERS), classes=True
)


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    kept = tokens_of(item, "token", source, config)
    head, tail = (_argument(item, name, kept, where) for name in ("subj", "obj"))
    marked, fields = MarkedText(joined(kept.words, where, config), head, tail), other_fields(item, KEYS.read)
    if "relation" not in item:
        KEYS.refuse_other_gold(item, where, config)
        return Example(marked, None, source, mended=kept.notes, fields=fields)
    gold = Relation(head, tail, class_name(item["relation"], where, "'relation'"))
    return Example(marked, gold, source, mended=kept.notes, fields=fields)


def _argument(item: Item, name: str, kept: Kept, where: str) -> Span:
    edges = [field(item, f"{name}_{edge}", int, where) for edge in ("start", "end")]
    start, end = kept.place(*inclusive(edges, kept.given, where, f"'{name}'"))
    if start == end:
        raise DataError(where, f"'{name}' is a blank token", "a word or more", "Correct it, or remove the example.")
    return Span(start, end, field(item, f"{name}_type", str, where) if f"{name}_type" in item else "")


FORMAT = Format(
    name="tacred",
    shape="JSON: token, subj_start, subj_end, obj_start, obj_end, relation",
    answer=Relation,
    fit=KEYS.fit,
    read=each_object(_example),
    keys=KEYS.read,
    keeps=True,
)

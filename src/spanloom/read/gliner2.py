"""GLiNER2's training data: entities and relations as text (see `parts/gliner2.py`), located in the sentence.

A mention stands for the first place at which it is found, or for the one that a relation has nearest to its other end.
Of a relation with fields of other names than `head` and `tail` the first is the head and the second the tail. Classes
are read by `gliner2_classes.py`; they and structures are passed over and counted here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.entities_alone import NO_RELATIONS, marks
from spanloom.read.parts.format import Format
from spanloom.read.parts.gliner2 import FACTS, HAS_CLASSES, KEYS, is_of_it, left_over, parts
from spanloom.read.parts.json_items import Item, each_object, field, object_of, of_kind, shown
from spanloom.read.parts.locate import Triple, example_of_triples

ENDS = ("head", "tail")
HAS_FACTS = re.compile(r'"(?:entities|relations)"\s*+:')


def fit(beginning: str) -> int:
    """2 for the keys of a line, 1 more where it says entities or relations; 0 where all that is said is classes."""
    facts = HAS_FACTS.search(beginning) is not None
    return 2 + facts if is_of_it(beginning) and (facts or not HAS_CLASSES.search(beginning)) else 0


def _example(item: Item, source: Source, config: DataConfig) -> Example:
    where = str(source)
    text, said, fields = parts(item, where, config)
    notes = left_over(said, FACTS, source)
    if not any(key in said for key in FACTS):
        return Example(text, None, source, mended=tuple(notes), fields=fields)
    mentions = list(_mentions(said, where)) if "entities" in said else []
    triples = list(_triples(said, where, source, notes)) if "relations" in said else []
    found = example_of_triples(text, triples, source, mentions)
    mended = (*notes, *marks(said, source, "relations", NO_RELATIONS))
    return replace(found, mended=mended, fields=fields)


def _mentions(said: Item, where: str) -> Iterator[tuple[str, str]]:
    for label, values in field(said, "entities", dict, where).items():
        for value in of_kind(values, list, where, f"the entities of {shown(label)}"):
            yield of_kind(value, str, where, f"an entity of {shown(label)}"), label


def _triples(said: Item, where: str, source: Source, notes: list[tuple[Source, str]]) -> Iterator[Triple]:
    for value in field(said, "relations", list, where):
        for name, ends in object_of(value, where, "a relation").items():
            given = object_of(ends, where, f"the relation {shown(name)}")
            names = ENDS if all(end in given for end in ENDS) else tuple(given)[:2]
            if len(names) < 2:
                found = f"the relation {shown(name)} has {', '.join(map(shown, given)) or 'no fields'}"
                raise DataError(where, found, "a head and a tail", "Add what is missing.")
            if names != ENDS:
                notes.append((source, f"fields of a relation read as head and tail: {name}: {', '.join(names)}"))
            if others := [key for key in given if key not in names]:
                notes.append((source, f"field of a relation passed over: {name}: {', '.join(others)}"))
            heads, tails = (_values(given[end], name, where) for end in names)
            yield from ((head, name, tail) for head, tail in itertools.product(heads, tails))


def _values(value: Any, name: str, where: str) -> list[str]:
    """An end of a relation, or several of them."""
    values = value if isinstance(value, list) else [value]
    return [of_kind(one, str, where, f"an end of {shown(name)}") for one in values]


FORMAT = Format(
    name="gliner2",
    shape="input, and output with entities and relations as text",
    answer=Graph,
    fit=fit,
    read=each_object(_example),
    keys=KEYS,
    keeps=True,
    flat=True,
)

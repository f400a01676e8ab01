"""doccano's JSON lines of spans, and of relations between them: offsets count characters, half-open.

`label` has triples `[start, end, label]`, as `labels` and `entities` had before; or `entities` has objects with `id`,
`label`, `start_offset` and `end_offset`, and `relations` objects with `from_id`, `to_id` and `type`, which name those
ids. The `annotations` of the first versions have numbers for labels, which are read as they are, and users.
https://doccano.github.io/doccano/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanloom.answers.graph import Graph
from spanloom.config import DataConfig
from spanloom.core import Example
from spanloom.errors import DataError
from spanloom.read.parts.annotators import Annotators, Opinion
from spanloom.read.parts.doccano import IDS, KEYS, MARKS, unlabelled
from spanloom.read.parts.format import Format
from spanloom.read.parts.json_items import Item, field, id_of, json_items, listed, object_of, of_kind, shown
from spanloom.read.parts.json_keys import first_values, refuse_alike
from spanloom.read.parts.left_out import noted
from spanloom.read.parts.offsets import class_name
from spanloom.read.parts.placing import Placing

OBJECT = re.compile(r'"start_offset"\s*+:')
EMPTY = "[]"


def fit(beginning: str) -> int:
    """Triples, or objects with `start_offset`; of an empty list, that which no other format has beside a text."""
    keys = first_values(beginning)
    triples = any(keys.get(mark) == "[[" for mark in MARKS)
    if not ({"text", "data"} & keys.keys()) or not (triples or OBJECT.search(beginning) or _nothing(keys)):
        return 0
    return len(keys.keys() & KEYS) + (1 if OBJECT.search(beginning) else triples)


def _nothing(keys: dict[str, str]) -> bool:
    """Whether the first line may be one of spans in which nobody found any: an empty `label`, and an id."""
    return any(keys.get(mark) == EMPTY for mark in MARKS[:2]) and any(name in keys for name in IDS)


def read(path: Path, config: DataConfig) -> Iterator[Example]:
    """One example a line. Raises DataError citing it."""
    people = Annotators(config, path)
    return noted((_example(unlabelled(item, source, config), item, people) for source, item in _items(path, config)),
                 people.ending)  # fmt: skip


def _items(path: Path, config: DataConfig) -> Iterator[tuple[Any, Item]]:
    for source, item in json_items(path, config):
        refuse_alike("relations", item, KEYS, str(source), config)
        yield source, item


def _example(without: Example, item: Item, people: Annotators) -> Example:
    where = str(without.source)
    given = [mark for mark in MARKS if mark in item]
    if not given:
        return people.choose([], without)
    if len(given) > 1 and sum(bool(item[mark]) for mark in given) > 1:
        raise DataError(where, f"both '{given[0]}' and '{given[1]}'", "one of them", "Remove the other.")
    mark = next((mark for mark in given if item[mark]), given[0])
    values = field(item, mark, list, where)
    relations = [object_of(one, where, "a relation") for one in listed(item, "relations", where)]
    users = dict.fromkeys(map(_user, values))
    who = (str(item["username"]),) if item.get("username") else ()
    if not any(users):
        return people.choose([Opinion(who, _said(without, values, relations))], without)
    own = {user: [one for one in values if _user(one) == user] for user in users}
    said = [Opinion((user,) if user else who, _said(without, some, relations)) for user, some in own.items()]
    return people.choose(said, without)


def _user(value: Any) -> str:
    """Who marked a span, where that is said."""
    return str(value["user"]) if isinstance(value, dict) and value.get("user") is not None else ""


def _said(without: Example, values: list[Any], relations: list[Item]) -> Example:
    where = str(without.source)
    placing = Placing(without.input, where)
    for number, value in enumerate(values):
        if isinstance(value, list):
            if len(value) != 3:
                found = f"a label that is {shown(value)}"
                raise DataError(where, found, "[start, end, label]", "Correct the line.")
            start, end = (of_kind(offset, int, where, "an offset") for offset in value[:2])
            placing.add(number, (start, end), class_name(value[2], where, "the label of a span"))
            continue
        entity = object_of(value, where, "an entity")
        start, end = (field(entity, key, int, where, "entities") for key in ("start_offset", "end_offset"))
        name = number if entity.get("id") is None else id_of(entity, "id", where, "entities")
        if name in placing.spans:
            raise DataError(where, f"the entity {shown(name)} is given twice", "an id for each", "Correct the ids.")
        placing.add(name, (start, end), class_name(entity.get("label"), where, "entities.label"))
    for relation in relations:
        head, tail = (id_of(relation, key, where, "relations") for key in ("from_id", "to_id"))
        placing.relate(head, tail, class_name(relation.get("type"), where, "relations.type"))
    return replace(without, gold=placing.graph(), lost=tuple(placing.lost))


FORMAT = Format(
    name="doccano",
    shape="doccano's JSON lines: a text, and label with [start, end, label], or entities and relations",
    answer=Graph,
    fit=fit,
    read=read,
    keys=KEYS,
    keeps=True,
    flat=True,
)

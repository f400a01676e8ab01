"""Data that say which entities a text has, but not which relations: what that means for who wants relations.

The readers of gold graphs mark such examples in `mended`, where the check counts them. Without the key `relations`
there are none, if no other example has it; without the `labels` of a document they are unknown, and so is its gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from spanloom.core import Example, Source
from spanloom.errors import DataError
from spanloom.read.parts.json_items import Item

NO_RELATIONS = "no key 'relations': read as having none"
NO_LABELS = "no key 'labels': relations unknown"
Mended = tuple[tuple[Source, str], ...]


def marks(item: Item, source: Source, key: str, mark: str) -> Mended:
    """What `mended` says of an object with entities: the mark where it has not this key."""
    return () if key in item else ((source, mark),)


def relations_wanted(examples: Iterable[Example]) -> Iterator[Example]:
    """The examples for a task that learns relations: without gold where these are unknown.

    Raises DataError where some examples have the key `relations` and others have not: gold would be made up.
    """
    first: dict[bool, Source] = {}
    for example in examples:
        cases = {case for _, case in example.mended}
        if NO_LABELS in cases:
            yield replace(example, gold=None, mended=_other_cases(example))
            continue
        if example.gold is not None:
            known = NO_RELATIONS not in cases
            first.setdefault(known, example.source)
            if len(first) == 2:
                found = f"{'' if known else 'no '}key 'relations', unlike line {first[not known].line}"
                remedy = 'Write "relations": [] where there are none.'
                raise DataError(str(example.source), found, "the key in all examples with gold, or in none", remedy)
        yield example


def entities_wanted(examples: Iterable[Example]) -> Iterator[Example]:
    """The examples for a task that learns entities alone, to which it is nothing that relations are missing."""
    for example in examples:
        yield replace(example, mended=_other_cases(example)) if example.mended else example


def _other_cases(example: Example) -> Mended:
    return tuple(case for case in example.mended if case[1] not in (NO_RELATIONS, NO_LABELS))

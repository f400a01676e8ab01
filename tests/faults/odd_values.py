"""Odd values at every place of a stored table: what a damaged file, or one of another version, may hold."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

GONE = object()
"""In place of a value: its key is taken away."""

ODD: list[Any] = [
    GONE,
    None,
    True,
    "x",
    "",
    -1,
    0,
    10**12,
    10**400,
    2.5,
    float("nan"),
    [],
    [1],
    ["x", None],
    {},
    {"a": 1},
]


def places(table: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in nested tables; of a list, of its first and last items."""
    if path:
        yield path
    if isinstance(table, dict):
        for key, value in table.items():
            yield from places(value, (*path, key))
    elif isinstance(table, list):
        for number in sorted({0, len(table) - 1} if table else set()):
            yield from places(table[number], (*path, number))


def mutations(text: str, most: int) -> Iterator[tuple[str, str]]:
    """(what was done, the JSON text with it done), odd values at `most` places or fewer, and texts that are no table.

    Where there are more places, they are taken evenly.
    """
    for odd in ("", "{", "[]", "null", "3", '"x"', "[" * 100_000, text[: len(text) // 2], "\x00", text + "}"):
        yield f"the text is {odd[:20]!r}", odd
    original = json.loads(text)
    every = list(places(original))
    for path in every[:: 1 + (len(every) - 1) // most]:
        for value in ODD:
            table = copy.deepcopy(original)
            inner = table
            for key in path[:-1]:
                inner = inner[key]
            if value is GONE:
                del inner[path[-1]]
            elif same(inner[path[-1]], value):
                continue
            else:
                inner[path[-1]] = value
            yield f"{'.'.join(map(str, path))} = {'(gone)' if value is GONE else repr(value)[:30]}", json.dumps(table)


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)

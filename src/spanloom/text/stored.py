"""Values of a stored table, such as a codec's, each checked for what it must be. All raise ValueError with the key."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

MOST = 2**31 - 1
"""What no count in a model comes near."""

Table = Mapping[str, Any]


def whole(table: Table, key: str, least: int = 0, most: int = MOST) -> int:
    """A whole number from `least` to `most`."""
    value = _value(table, key)
    if type(value) is not int or not least <= value <= most:
        raise _odd(key, value, f"a whole number from {least} to {most}")
    return value


def real(table: Table, key: str, least: float = -math.inf, most: float = math.inf) -> float:
    """A finite number from `least` to `most`."""
    value = _value(table, key)
    if type(value) not in (int, float) or not math.isfinite(value) or not least <= value <= most:
        raise _odd(key, value, "a number" if least == -math.inf else f"a number from {least} to {most}")
    return float(value)


def flag(table: Table, key: str) -> bool:
    """true or false."""
    value = _value(table, key)
    if type(value) is not bool:
        raise _odd(key, value, "true or false")
    return value


def choice(table: Table, key: str, choices: Sequence[Any]) -> Any:
    """One of some values."""
    value = _value(table, key)
    for known in choices:
        if value is known or (type(value) is type(known) and value == known):
            return known
    raise _odd(key, value, " or ".join(map(repr, choices)))


def strings(table: Table, key: str, least: int = 0, distinct: bool = True) -> tuple[str, ...]:
    """Strings, `least` of them at least, each another unless said otherwise."""
    values = _items(table, key, str, "strings", least)
    if distinct and len(set(values)) < len(values):
        raise _odd(key, next(value for value, count in Counter(values).items() if count > 1), "each once")
    return tuple(values)


def wholes(table: Table, key: str, least: int = 0, most: int = MOST) -> list[int]:
    """Whole numbers from `least` to `most`."""
    values = _items(table, key, int, "whole numbers")
    require_within(key, values, least, most)
    return values


def require_within(key: str, values: Iterable[int], least: int, most: int) -> None:
    """Whole numbers that are from `least` to `most`."""
    for value in values:
        if type(value) is not int or not least <= value <= most:
            raise _odd(key, value, f"whole numbers from {least} to {most}")


def lists(table: Table, key: str) -> list[list[Any]]:
    """Lists, of whatever is in them."""
    return _items(table, key, list, "lists")


def part(table: Table, key: str) -> dict[str, Any]:
    """A table in a table."""
    value = _value(table, key)
    if not isinstance(value, dict):
        raise _odd(key, value, "a table")
    return value


def optional(read: Callable[[Table, str], Any], table: Table, key: str) -> Any:
    """What `read` reads, or None where null stands or nothing."""
    return None if not isinstance(table, Mapping) or table.get(key) is None else read(table, key)


def require_table(value: Any, what: str) -> None:
    """Raise ValueError unless a value is a table."""
    if not isinstance(value, dict):
        raise _odd(what, value, "a table")


def _value(table: Table, key: str) -> Any:
    if key not in table:
        raise ValueError(f"{key} is missing")
    return table[key]


def _items(table: Table, key: str, kind: type, named: str, least: int = 0) -> list[Any]:
    values = _value(table, key)
    if not isinstance(values, list) or len(values) < least:
        raise _odd(key, values, f"a list of {f'{least} or more ' if least else ''}{named}")
    for value in values:
        if type(value) is not kind:
            raise _odd(key, value, named)
    return values


def _odd(key: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{key}: {str(value)[:60]!r} of type {type(value).__name__} where {expected} should be")

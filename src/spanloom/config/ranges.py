"""What a setting may be, declared beside its field: `epochs: Annotated[int, Range(1, 100_000)]`, or an alias from here.

Every number has a range, and all ranges end somewhere: infinities and what is not a number are in none.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from spanloom.config.settings import kinds_in, short_form
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class Range:
    """From `least` to `most`; above: not `least` itself; below: not `most` itself."""

    least: float
    most: float
    above: bool = False
    below: bool = False

    def holds(self, number: Any) -> bool:
        if not isinstance(number, (int, float)):
            return False
        low = self.least < number if self.above else self.least <= number
        return low and (number < self.most if self.below else number <= self.most)

    def __str__(self) -> str:
        least, most = (int(end) if end == int(end) else end for end in (self.least, self.most))
        if (least, most) == (0, 1):
            return f"a part in 0..1{', above 0' if self.above else ''}{', below 1' if self.below else ''}"
        return f"{'above' if self.above else 'at least'} {least}, {'below' if self.below else 'at most'} {most}"


@dataclass(frozen=True)
class Rising:
    """Of a list: each number is larger than the one before it, and there is at least one."""

    def holds(self, numbers: Any) -> bool:
        return len(numbers) > 0 and all(first < second for first, second in pairwise(numbers))

    def __str__(self) -> str:
        return "rising numbers, at least one"


RISING = Rising()
Fraction = Annotated[float, Range(0, 1)]
FractionBelowOne = Annotated[float, Range(0, 1, below=True)]
FractionAboveZero = Annotated[float, Range(0, 1, above=True)]
FractionBetween = Annotated[float, Range(0, 1, above=True, below=True)]
Amount = Annotated[float, Range(0, 1e9)]
"""A size that may be 0, which turns what it is of off, or leaves it without effect."""
Rate = Annotated[float, Range(0, 1000)]
Count = Annotated[int, Range(1, 10**9)]
CountOrNone = Annotated[int, Range(0, 10**9)]
Epochs = Annotated[int, Range(1, 100_000)]
Width = Annotated[int, Range(1, 16_384)]
"""Of vectors: beyond it a single matrix takes gigabytes."""
WidthOrNone = Annotated[int, Range(0, 16_384)]
Layers = Annotated[int, Range(0, 1000)]
WordCount = Annotated[int, Range(1, 10**6)]
WordCountFromTwo = Annotated[int, Range(2, 10**6)]
Column = Annotated[int, Range(-9999, 9999)]
Threads = Annotated[int, Range(0, 1024)]
"""PyTorch reserves memory for each thread before it starts one, and dies of too many."""
Seed = Annotated[int, Range(0, 2**63 - 1)]
"""TOML's numbers are of 64 bits with a sign."""


def check_values(config: Any, prefix: str = "", where: str = "") -> None:
    """Raise ConfigError naming the first setting, in nested tables too, that is out of its range or no choice of it.

    prefix: of the keys, as "model.". where: the file or the command line that they were given in, "" for neither.
    """
    hints = typing.get_type_hints(type(config), include_extras=True)
    for item in dataclasses.fields(config):
        value, key = getattr(config, item.name), f"{prefix}{item.name}"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            check_values(value, f"{key}.", where)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for number, table in enumerate(value, start=1):
                check_values(table, f"{key}[{number}].", where)
        elif (expected := _wrong(hints[item.name], value)) is not None:
            raise refusal(where, key, value, expected, item.default)


def out_of_range(table: type, name: str, value: Any) -> str | None:
    """What the field `name` of a dataclass must be, where `value` is not that."""
    return _wrong(typing.get_type_hints(table, include_extras=True)[name], value)


def refusal(where: str, key: str, value: Any, expected: str, default: Any) -> ConfigError:
    """The error that a setting is not what it must be; it says what to set instead."""
    if default is None or default is dataclasses.MISSING:
        remedy = f"Set {key} so, or leave it out."
    else:
        remedy = f"Set {key} = {json.dumps(short_form(default))}, say."
    found = f"is {shown(value)}"
    return ConfigError(where or key, f"{key} {found}" if where else found, expected, remedy)


def shown(value: Any, most: int = 80) -> str:
    """A value as Python writes it, cut where it is long: what a person typed may be anything."""
    try:
        text = repr(list(value) if isinstance(value, tuple) else value)
    except (RecursionError, ValueError):  # nested too deep, or of more digits than Python turns into text
        return "too large to be shown"
    return text if len(text) <= most else f"{text[:most]}…"


def _wrong(hint: Any, value: Any) -> str | None:
    """What was expected where `value` does not do; None where it does, or where the hint says no more than a type."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if value is None:
        return None
    if kinds := kinds_in(hint):
        fits = isinstance(value, tuple(kinds.values()))
        return None if fits else f"a table of the kind {' or '.join(map(repr, kinds))}"
    if origin is Annotated:
        wrong = _wrong(inside[0], value)
        return wrong or next((str(rule) for rule in inside[1:] if not rule.holds(value)), None)
    if origin is typing.Literal:
        return None if value in inside else " or ".join(repr(choice) for choice in inside)
    if origin is tuple:
        wrong = next((wrong for item in value if (wrong := _wrong(inside[0], item)) is not None), None)
        return wrong and f"each {wrong}"
    found = [_wrong(kind, value) for kind in inside if _is_of(kind, value)]  # of a union
    return found[0] if found else None


def _is_of(kind: Any, value: Any) -> bool:
    plain = typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind
    return isinstance(plain, type) and isinstance(value, plain)

"""Texts in the JSON objects of an input: what is on a line, whether a file has such lines, and the texts of each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.errors import DataError
from spanloom.read.parts.json_decode import DECODER, shown
from spanloom.read.parts.json_keys import first_keys
from spanloom.run.cli.lines import Lines

TEXTS = (("turns",), ("text",), ("first", "second"))
"""Under which keys of a JSON object there are texts, by how many of them a model reads together."""

Strings = str | list[str]


def object_on(line: str, where: str) -> dict[str, Any]:
    """The JSON object of a line. Raises DataError for what is none."""
    try:
        item = DECODER.decode(line)
    except RecursionError:
        raise DataError(where, "JSON nested too deep", "one JSON object a line", "Write it flat.") from None
    except ValueError as error:
        raise DataError(where, f"broken JSON ({error.args[0]})", "one JSON object a line", "Mend the line.") from None
    if not isinstance(item, dict):
        raise DataError(where, f"{shown(item)}", "one JSON object a line", 'Write it as {"text": "…"}.')
    return item


def texts_in(item: Mapping[str, Any], texts: int, where: str, named: Sequence[str] = ()) -> Strings:
    """The text of a JSON object, its two texts or the turns of a dialogue; those first that the model reads.

    named: under which names they are, where these are not the usual ones; `a.b` is the field b of the field a, where
    there is none of the name `a.b`. Raises DataError.
    """
    if named:
        return _texts_named(item, texts, where, named)
    wanted = TEXTS[min(texts, 2)]
    names = next((names for names in (wanted, *TEXTS) if item.keys() >= set(names)), None)
    if names is None:
        keys = " and ".join(f'"{name}"' for name in wanted)
        raise DataError(where, f"no {keys} in {shown(dict(item))}", f"an object with {keys}", "Add what is missing.")
    for name in names:
        kind, called = (list, "a list of strings") if name == "turns" else (str, "a string")
        if not isinstance(item[name], kind):
            raise DataError(where, f'"{name}" is {shown(item[name])}', f'{called} as "{name}"', "Correct it.")
    given = [item[name] for name in names]
    return given[0] if len(given) == 1 else given


def _texts_named(item: Mapping[str, Any], texts: int, where: str, named: Sequence[str]) -> Strings:
    given: list[Any] = []
    for name in named:
        value = _field(item, name)
        if value is None:
            found = f"no {name!r} in {shown(dict(item))}"
            raise DataError(where, found, "the field that --text-field names", "Add what is missing.")
        strings = value if texts == 0 and isinstance(value, list) else [value]
        if not all(isinstance(string, str) for string in strings):
            raise DataError(where, f"{name!r} is {shown(value)}", "a string", "Correct it.")
        given += strings
    return given[0] if texts == 1 else given


def _field(item: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or of one in another; None where there is none."""
    if name in item:
        return item[name]
    outer, dot, inner = name.partition(".")
    below = item.get(outer) if dot else None
    return _field(below, inner) if isinstance(below, Mapping) else None


def peek(lines: Lines, most: int) -> tuple[str, Lines]:
    """The first line that tells what is in a file, among the first `most` that are not blank, and all the lines again.

    That is one with texts, or one on which a JSON value only begins; where there is none, it is the last of these.
    """
    seen = []
    filled = 0
    for number, line in lines:
        seen.append((number, line))
        filled += bool(line.strip())
        if filled == most or tells_json(line) or _only_begins(line):
            break
    return (seen[-1][1] if seen else ""), itertools.chain(seen, lines)


def _only_begins(line: str) -> bool:
    if not line.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def tells_json(line: str) -> bool:
    """Whether a line looks like a JSON object with texts, a broken one too."""
    return line.lstrip().startswith("{") and not first_keys(line).isdisjoint(itertools.chain(*TEXTS))


def is_data(line: str) -> bool:
    """Whether a line is a JSON object, or a list of such: what nobody means as a text, whatever its keys."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))

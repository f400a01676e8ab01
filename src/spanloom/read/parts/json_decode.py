"""One JSON value of a text, and everything that is wrong with it said with its line.

Stricter than Python's own decoder: a key that is given twice, NaN, Infinity and numbers without bounds are refused, as
what they stand for would be guessed.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from spanloom.core import Source
from spanloom.errors import DataError

HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused(ValueError):
    """Valid for Python's decoder, but not for us: what was found, what was expected, what to do."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Refused(f"the key {shown(twice)} twice in one object", "each key once", "Remove or rename one of them.")
    return item


def _constant(name: str) -> float:
    raise _Refused(f"the number {name}", "a number that JSON can say", "Write null, or a finite number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Refused(f"the number {shown(digits)}", "one within the range of 64-bit floats", "Correct the number.")
    return number


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)


def decode(text: str, at: int, source: Source) -> tuple[Any, int]:
    """The JSON value that begins at an index, and the index behind it. Raises DataError.

    source: the line on which it begins.
    """
    try:
        item, end = DECODER.raw_decode(text, at)
        if HALF_ESCAPED.search(text, at, end):
            _refuse_half_characters(item, source)
        return item, end
    except json.JSONDecodeError as error:
        line = source.line + text.count("\n", at, error.pos)
        column = error.pos - text.rfind("\n", 0, error.pos)
        where = f"{source.path}:{line}"
        near = shown(text[max(at, error.pos - 10) : max(at, error.pos - 10) + 30])
        found = f"not valid JSON: {error.msg} at column {column}, near {near}"
        raise DataError(where, found, "a JSON object", "Mend the JSON there.") from None
    except _Refused as error:
        raise DataError(str(source), *error.args) from None
    except RecursionError:
        found = "JSON nested too deep to be read"
        raise DataError(str(source), found, "a flat JSON object", "Take the inner lists and objects out.") from None
    except ValueError:  # the one that is left: an integer of more digits than Python converts
        found = "an integer of thousands of digits"
        raise DataError(str(source), found, "a number of 64 bits", "Correct it, or put it in quote marks.") from None


def _refuse_half_characters(item: Any, source: Source) -> None:
    """Half a surrogate pair is valid JSON, but no text: no file could hold it again."""
    try:
        json.dumps(item, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"half a character, \\u{ord(error.object[error.start]):04x}, in a string"
        raise DataError(str(source), found, "both halves of a surrogate pair", "Correct the string.") from None


def shown(value: Any, limit: int = 60) -> str:
    """A value as it is cited in an error: its repr, cut where it is long."""
    try:
        text = repr(value[: limit + 1] if isinstance(value, (str, list)) else value)
    except RecursionError:
        return f"a {type(value).__name__} nested deep"
    return text if len(text) <= limit else f"{text[:limit]}…"

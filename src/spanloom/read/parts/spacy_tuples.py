"""spaCy 2's training data, as its examples have them: pairs of a text and what is annotated in it.

[["Ida left Oslo", {"entities": [[0, 3, "PERSON"], [9, 13, "GPE"]], "cats": {"TRAVEL": 1.0}}], …]      JSON, a list
["Ida left Oslo", {"entities": [[0, 3, "PERSON"]]}]                                                    JSON, a line
{"classes": ["PERSON"], "annotations": [["Ida left Oslo", {"entities": …}], null, …]}                  as tools write it
TRAIN_DATA = [("Ida left Oslo", {"entities": [(0, 3, "PERSON")]}), …]                                  Python
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig
from spanloom.core import Source
from spanloom.errors import DataError
from spanloom.read.parts.json_decode import decode, shown
from spanloom.read.parts.json_items import Item
from spanloom.read.parts.lines import whole_text

CATEGORIES = "cats"
STRING = r"""(?:[rRuU]?(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'))"""
PAIR = rf"[\[(]\s*+{STRING}\s*+,\s*+\{{"
BEFORE = r"""(?:[ \t]*+(?:(?:\#|import\b|from\b)[^\n]*+)?\n)*+"""
DOCUMENTED = r'''(?:"""(?s:.*?)""")?'''
BEGINS = re.compile(
    rf"""{BEFORE}{DOCUMENTED}{BEFORE}\s*+(?:[A-Za-z_]\w*+\s*+(?::[^=\n]*+)?=\s*+)?(?:[\[(]\s*+)?{PAIR}""", re.DOTALL
)
"""Comments, a docstring and imports, then perhaps a name for the list."""
WRAPPED = re.compile(rf'\s*+\{{.{{0,20000}}?"annotations"\s*+:\s*+\[\s*+(?:null\s*+,\s*+)*{PAIR}', re.DOTALL)
IS_JSON = re.compile(r'\s*+(?:\{|\[\s*+(?:\[|"|null))')
BETWEEN = re.compile(r"[\s,]*+")

Pair = tuple[str, Item]


def is_of_it(beginning: str) -> bool:
    return bool(BEGINS.match(beginning) or WRAPPED.match(beginning))


def names(key: str, beginning: str) -> bool:
    """Whether the annotations of a beginning have this key."""
    return re.search(rf"""["']{key}["']\s*+:""", beginning) is not None


def pairs(path: Path, config: DataConfig) -> Iterator[tuple[Source, Pair]]:
    """The texts and their annotations, with the lines on which they begin. Raises DataError."""
    text = whole_text(path, config.encoding)
    for source, value in _json(path, text) if IS_JSON.match(text) else _python(path, text):
        if value is None:  # what a tool leaves where a text was passed over
            continue
        if not isinstance(value, (list, tuple)) or len(value) != 2 or not isinstance(value[0], str):
            raise _odd(source, value)
        if not isinstance(value[1], dict):
            raise _odd(source, value)
        yield source, (value[0], value[1])


def _odd(source: Source, value: Any) -> DataError:
    expected = "[text, {'entities': [[start, end, label]]}]"
    return DataError(str(source), f"an example that is {shown(value)}", expected, "Correct it.")


def _json(path: Path, text: str) -> Iterator[tuple[Source, Any]]:
    """The pairs of a list, of the list under `annotations`, or one behind the other."""
    at = BETWEEN.match(text, 0).end()  # type: ignore[union-attr]
    if text[at] == "{":
        found = re.compile(r'"annotations"\s*+:\s*+').search(text)
        if found is None:
            raise DataError(f"{path}:1", "no 'annotations'", "a list of texts and their annotations", "Add it.")
        decode(text, at, Source(str(path), 1))  # says what is wrong with the rest of it
        at = found.end()
    begins = re.compile(r"\[\s*+(?:\[|null)").match(text, at)
    at += begins is not None
    while True:
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if begins and text[at : at + 1] == "]":
            return
        if not begins and at == len(text):
            return
        source = Source(str(path), text.count("\n", 0, at) + 1)
        if at == len(text):
            raise DataError(str(source), "the list is not closed", "']'", "Mend the JSON there.")
        value, at = decode(text, at, source)
        yield source, value


def _python(path: Path, text: str) -> Iterator[tuple[Source, Any]]:
    """The pairs of the first list in a program. Nothing of it is run."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or type(error).__name__
        raise DataError(f"{path}:{line}", f"no Python: {reason}", "a list of tuples", "Mend it there.") from None
    values = [one.value for one in body if isinstance(one, (ast.Assign, ast.AnnAssign, ast.Expr)) and one.value]
    lists = [one for one in values if isinstance(one, (ast.List, ast.Tuple))]
    if len(lists) != 1:
        found = f"{len(lists) or 'no'} lists of examples"
        raise DataError(str(path), found, "one", "Write each to a file of its own.")
    elements = lists[0].elts
    if elements and isinstance(elements[0], ast.Constant):
        elements = [lists[0]]  # a single pair
    for element in elements:
        source = Source(str(path), element.lineno)
        try:
            yield source, ast.literal_eval(element)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            found = "an example that is no plain value"
            raise DataError(str(source), found, "strings and numbers, not code", "Write the value itself.") from None

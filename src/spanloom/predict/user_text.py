"""What a program hands over as a text: a string, or several of them for a model that reads several together."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Set
from pathlib import PurePath
from typing import Any

from spanloom.errors import DataError

BYTES = (bytes, bytearray, memoryview)


def as_strings(given: Any, where: str) -> str | list[str]:
    """A string as it is, several strings as a list. Raises DataError, which says what else it is, for anything else.

    A str of a subclass, such as NumPy's, is a string.
    """
    if isinstance(given, str):
        return well_formed(given, where)
    if not isinstance(given, Iterable) or isinstance(given, (*BYTES, Mapping, Set)):
        raise _no_string(given, where, "")
    parts = list(given)
    for number, part in enumerate(parts, start=1):
        if not isinstance(part, str):
            raise _no_string(part, where, f"string {number} of {len(parts)} is ")
        well_formed(part, where)
    return parts


def well_formed(text: str, where: str) -> str:
    """The text itself. Raises DataError for half a character, which JSON, or an argument's bytes, can bring in."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"half a character, {text[error.start]!r}, at offset {error.start}"
        raise DataError(where, found, "both halves of each surrogate pair", "Mend the text there.") from None
    return text


def refuse_one_or_several(given: list[Any]) -> None:
    """Raise DataError for a list of strings where a model reads several together: they may be one input or many."""
    if any(isinstance(part, str) for part in given):
        found = "a list of strings, which may be those of one input or an input each"
        remedy = "Write predictor(tuple(strings)) for one input; for several give a list of tuples."
        raise DataError("predict", found, "a tuple of strings, or a list of tuples", remedy)


def _no_string(given: Any, where: str, which: str) -> DataError:
    if isinstance(given, BYTES):
        remedy = "Decode the bytes: text.decode('utf-8')."
    elif isinstance(given, PurePath):
        remedy = "Read the file: path.read_text(encoding='utf-8')."
    elif given is None or given != given:  # NaN, a data frame's missing text
        remedy = "Leave a missing text out, or give '' for it."
    else:
        remedy = "Give the text itself, as a str."
    return DataError(where, f"{which}{reprlib.repr(given)}, of type {type(given).__name__}", "a string", remedy)

"""The written shape of a word (case, digits, script) as a small integer: what an uncased encoder cannot see."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

SHAPES = (
    "pad",
    "lower",
    "Title",
    "UPPER",
    "Initial",
    "miXed",
    "digits",
    "digits+letters",
    "punctuation",
    "no case",
    "Dotted.",
)
_NUMBER = {name: index for index, name in enumerate(SHAPES)}


@lru_cache(maxsize=2**14)
def word_shape(word: str) -> int:
    """An index into `SHAPES`; 0 is never returned, as it pads."""
    return _NUMBER[_shape_name(word)]


def _shape_name(word: str) -> str:
    letters = [character for character in word if character.isalpha()]
    has_digit = any(character.isdigit() for character in word)
    if not letters:
        return "digits" if has_digit else "punctuation"
    if has_digit:
        return "digits+letters"
    if not any(unicodedata.category(letter) in ("Lu", "Ll", "Lt") for letter in letters):
        return "no case"
    return _case_name(word, "".join(letters))


def _case_name(word: str, letters: str) -> str:
    if letters.islower():
        return "lower"
    if letters.isupper():
        return "Initial" if len(letters) == 1 else "UPPER"
    if word.endswith(".") and letters[0].isupper():
        return "Dotted."
    if letters[0].isupper() and letters[1:].islower():
        return "Title"
    return "miXed"

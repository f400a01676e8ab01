"""Which scripts the letters of a text are in, and which of them training has seen."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spanloom.inputs import Text, texts_of

SCRIPTS = {
    "LATIN": "Latin",
    "GREEK": "Greek",
    "CYRILLIC": "Cyrillic",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
    "HEBREW": "Hebrew",
    "ARABIC": "Arabic",
    "ETHIOPIC": "Ethiopic",
    "DEVANAGARI": "Devanagari",
    "BENGALI": "Bengali",
    "GURMUKHI": "Gurmukhi",
    "GUJARATI": "Gujarati",
    "ORIYA": "Odia",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
    "KANNADA": "Kannada",
    "MALAYALAM": "Malayalam",
    "SINHALA": "Sinhala",
    "THAI": "Thai",
    "LAO": "Lao",
    "TIBETAN": "Tibetan",
    "MYANMAR": "Myanmar",
    "KHMER": "Khmer",
    "MONGOLIAN": "Mongolian",
    "HANGUL": "Hangul",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "CJK": "Han",
}
"""What the names of a script's letters begin with in Unicode -> the script. Japanese is written in Kana and Han."""

SEEN = 0.01
"""The part of the letters of training that a script must have, so that a model may be expected to read it."""

_WIDTHS = ("FULLWIDTH ", "HALFWIDTH ")


@lru_cache(maxsize=2**14)
def script_of(character: str) -> str:
    """The script of a letter; "" for what is no letter, or of a script that stands in no list here."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    for width in _WIDTHS:
        name = name.removeprefix(width)
    return SCRIPTS.get(name.partition(" ")[0], "")


def readable(item: Any) -> list[str]:
    """The texts of an input; none of one that is no text."""
    return [text.text for text in texts_of(item) if isinstance(text, Text)]


def count_letters(texts: Iterable[str]) -> dict[str, int]:
    """How many letters there are of each script, the most frequent first."""
    characters = Counter[str]()
    for text in texts:
        characters.update(text)
    found = Counter[str]()
    for character, count in characters.items():
        if script := script_of(character):
            found[script] += count
    return dict(found.most_common())


@dataclass(frozen=True)
class Scripts:
    """How many letters of each script were trained on."""

    letters: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Scripts:
        """The scripts of training texts."""
        return cls(count_letters(texts))

    def known(self) -> tuple[str, ...]:
        """The scripts that were trained on, the most frequent first."""
        least = SEEN * sum(self.letters.values())
        return tuple(script for script, count in self.letters.items() if count >= least)

    def unknown(self, texts: Iterable[str]) -> str:
        """The script that most of these letters are in, where it was not trained on; "" where there is none."""
        found = count_letters(texts)
        if not found or not self.letters:
            return ""
        script, count = next(iter(found.items()))
        return script if 2 * count > sum(found.values()) and script not in self.known() else ""

    @classmethod
    def from_dict(cls, table: object) -> Scripts:
        """What `letters` was, read from JSON. Raises ValueError for anything else."""
        if not isinstance(table, dict):
            raise ValueError(f"{str(table)[:80]!r} in place of letters by script")
        for script, count in table.items():
            if script not in SCRIPTS.values() or type(count) is not int or count < 0:
                raise ValueError(f"{str(script)[:40]!r}: {str(count)[:40]} in place of letters by script")
        return cls(table)

"""When two names are of one entity: where they differ by case, spaces or a leading article alone."""

from __future__ import annotations

import unicodedata

ARTICLES = frozenset(("the", "a", "an", "der", "die", "das"))
"""Of English and German. Those of other languages are also parts of names: `La Paz`, `Los Angeles`."""


def key_of(name: str) -> str:
    """What the names of one entity have in common. A name that is nothing but an article keeps it."""
    words = unicodedata.normalize("NFC", name).casefold().split()
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return unicodedata.normalize("NFC", " ".join(words))

"""Hashed sub-words: any word, seen or never seen, as rows of tables of a fixed size.

Some strings of a word (its norm, its shape, and a prefix and a suffix of each of some lengths) are each hashed several
times. A row is shared by many strings, but two strings seldom share all their rows, so that the sum over the rows tells
them apart: "Multi hash embeddings in spaCy" (Miranda et al. 2022), after "Hash embeddings for efficient word
representations" (Svenstrup et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import unpack

HASHES = 4
"""Rows of one string."""

AFFIXES = (3,)
"""Characters of a prefix and of a suffix, where nothing else is asked for."""

RUN = 4
"""A shape says no more of a run of like characters than that it is this long or longer."""


def attribute_count(affixes: Sequence[int] = AFFIXES) -> int:
    """How many strings of a word are hashed: its norm, a prefix and a suffix of each of these lengths, its shape."""
    return 2 + 2 * len(affixes)


def table_rows(rows: int, affixes: Sequence[int] = AFFIXES) -> int:
    """Rows of all tables together: `rows` for the norm, half as many for each of the others, which vary less."""
    return rows + (attribute_count(affixes) - 1) * _fewer(rows)


def hash_word(word: str, rows: int, affixes: Sequence[int] = AFFIXES) -> list[int]:
    """The rows of a word, `HASHES` for each of its attributes (the norm, the prefixes, the suffixes, the shape), in one
    table of `table_rows(rows, affixes)` for all.

    The same in every process and on every machine.
    """
    found: list[int] = []
    start, size = 0, rows
    strings = [word.lower(), *(word[:length] for length in affixes), *(word[-length:] for length in affixes)]
    for number, text in enumerate([*strings, written_shape(word)]):
        found += [start + value % size for value in _hashes(number, text)]
        start, size = start + size, _fewer(rows)
    return found


def written_shape(word: str) -> str:
    """A word with each letter as X or x, each digit as d, and runs cut at `RUN`: "Xxxx-dd" for "Boeing-747"."""
    shape: list[str] = []
    for character in word:
        if character.isalpha():
            sign = "X" if character.isupper() else "x"
        else:
            sign = "d" if character.isdigit() else character
        if shape[-RUN:] != [sign] * RUN:
            shape.append(sign)
    return "".join(shape)


@lru_cache(maxsize=2**14)  # affixes and shapes are far fewer than words
def _hashes(attribute: int, text: str) -> tuple[int, ...]:
    """Numbers of 32 bits, which differ between attributes with the same text."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4 * HASHES, salt=bytes([attribute])).digest()
    return unpack(f"<{HASHES}I", digest)


def _fewer(rows: int) -> int:
    return max(rows // 2, 1)

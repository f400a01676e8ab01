from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b

import pytest

from spanloom.text.hashed import HASHES, attribute_count, hash_word, table_rows, written_shape

ROWS = 64
ATTRIBUTES = ("norm", "prefix", "suffix", "shape")


def rows_of(word: str, attribute: str) -> list[int]:
    place = ATTRIBUTES.index(attribute) * HASHES
    return hash_word(word, ROWS)[place : place + HASHES]


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("Delft", "Xxxxx"),
        ("delphinium", "xxxx"),
        ("Mk-7042", "Xx-dddd"),
        ("1,234,567", "d,ddd,ddd"),
        ("NATO.", "XXXX."),
        ("Ümit", "Xxxx"),
        ("水路", "xx"),
        ("", ""),
    ],
)
def test_the_written_shape_of_a_word(word: str, shape: str) -> None:
    assert written_shape(word) == shape


def test_words_that_share_an_attribute_share_its_rows_and_no_other() -> None:
    one, two = "Canal", "canal"
    assert rows_of(one, "norm") == rows_of(two, "norm")
    assert rows_of(one, "suffix") == rows_of(two, "suffix")
    assert rows_of(one, "prefix") != rows_of(two, "prefix")
    assert rows_of(one, "shape") != rows_of(two, "shape")
    assert rows_of("delta", "prefix") == rows_of("delfts", "prefix")


def test_attributes_have_tables_of_their_own() -> None:
    starts = {"norm": 0, "prefix": 64, "suffix": 96, "shape": 128}
    assert table_rows(ROWS) == 160
    for attribute, start in starts.items():
        size = 64 if attribute == "norm" else 32
        found = [row for word in map(str, range(300)) for row in rows_of(f"w{word}", attribute)]
        assert all(start <= row < start + size for row in found)


def test_the_rows_are_those_of_the_documented_hash() -> None:
    digest = blake2b(b"delft", digest_size=16, salt=b"\x00").digest()
    assert rows_of("Delft", "norm") == [int.from_bytes(digest[at : at + 4], "little") % ROWS for at in (0, 4, 8, 12)]


def test_another_process_finds_the_same_rows() -> None:
    code = f"from spanloom.text.hashed import hash_word; print(hash_word('Zoë-9', {ROWS}))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert answers == {str(hash_word("Zoë-9", ROWS))}


def test_half_a_character_pair_has_rows_too() -> None:
    assert len(hash_word("\ud83d", ROWS)) == len(ATTRIBUTES) * HASHES


def test_prefixes_and_suffixes_of_several_lengths_have_tables_of_their_own() -> None:
    affixes = (2, 4)
    assert attribute_count(affixes) == 6
    assert table_rows(ROWS, affixes) == 64 + 5 * 32

    def tables(word: str) -> list[list[int]]:
        rows = hash_word(word, ROWS, affixes)
        return [rows[at : at + HASHES] for at in range(0, len(rows), HASHES)]

    one, two = tables("Bergen"), tables("Berlin")
    assert [left == right for left, right in zip(one, two, strict=True)] == [False, True, False, False, False, True]
    assert all(
        start <= row < start + 32 for start, rows in zip((64, 96, 128, 160, 192), one[1:], strict=True) for row in rows
    )
    assert hash_word("Bergen", ROWS, (3,)) == hash_word("Bergen", ROWS)

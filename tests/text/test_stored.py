"""Values of a stored table: each that is what it must be comes back, any other is refused by its key."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from spanloom.text.stored import choice, flag, lists, optional, part, real, strings, whole, wholes

TABLE = {
    "n": 3, "x": 0.5, "yes": True, "kind": None, "names": ["a", "b"], "numbers": [0, 7], "rows": [[1], []], "part": {},
    "twice": ["a", "b", "b"], "mixed": [1, True], "far": math.inf,
}  # fmt: skip


def test_what_must_be_there_comes_back() -> None:
    assert (whole(TABLE, "n"), whole(TABLE, "n", 3, 3), real(TABLE, "x", 0.5, 0.5), real(TABLE, "n")) == (3, 3, 0.5, 3)
    assert (flag(TABLE, "yes"), choice(TABLE, "kind", ("a", None)), part(TABLE, "part")) == (True, None, {})
    assert (strings(TABLE, "names", 2), strings(TABLE, "twice", distinct=False)) == (("a", "b"), ("a", "b", "b"))
    assert (wholes(TABLE, "numbers", 0, 7), lists(TABLE, "rows")) == ([0, 7], [[1], []])
    assert (optional(whole, TABLE, "n"), optional(whole, TABLE, "kind"), optional(whole, TABLE, "none")) == (
        3,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("read", "key", "more", "message"),
    [
        (whole, "none", (), "none is missing"),
        (whole, "n", (4,), "n: '3' of type int where a whole number from 4 to"),
        (whole, "n", (0, 2), "a whole number from 0 to 2"),
        (whole, "yes", (), "yes: 'True' of type bool"),
        (real, "far", (), "far: 'inf' of type float where a number should be"),
        (real, "x", (0.6,), "a number from 0.6 to inf"),
        (real, "x", (0.0, 0.4), "a number from 0.0 to 0.4"),
        (real, "yes", (), "of type bool"),
        (flag, "n", (), "true or false"),
        (choice, "yes", ((1, None),), "1 or None"),
        (strings, "names", (3,), "a list of 3 or more strings"),
        (strings, "numbers", (), "numbers: '0' of type int where strings"),
        (strings, "twice", (), "twice: 'b' of type str where each once"),
        (wholes, "numbers", (1,), "numbers: '0' of type int where whole numbers from 1 to"),
        (wholes, "numbers", (0, 6), "numbers: '7' of type int where whole numbers from 0 to 6"),
        (wholes, "mixed", (), "mixed: 'True' of type bool"),
        (lists, "names", (), "names: 'a' of type str where lists"),
        (part, "names", (), "where a table"),
        (optional, "n", (), "n: '3' of type int where true or false"),
    ],
)
def test_anything_else_is_refused_by_its_key(read: Any, key: str, more: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optional(flag, TABLE, key) if read is optional else read(TABLE, key, *more)


def test_one_name_twice_among_very_many_is_found_at_once() -> None:
    names = [str(number) for number in range(200_000)]
    start = time.perf_counter()
    with pytest.raises(ValueError, match="names: '199999' of type str where each once"):
        strings({"names": [*names, "199999"]}, "names")
    assert time.perf_counter() - start < 10

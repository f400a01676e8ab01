"""Arrays are padded as they are declared: those that share an axis to one size, in steps, and no axis to 1."""

from __future__ import annotations

import numpy as np
import pytest

from spanloom.axes import WORDS, Axis, Declared, limits_of
from spanloom.batch.inputs import pad_inputs
from spanloom.core import Array, Row

PIECES, LETTERS, FOUND = Axis("pieces", 16), Axis("letters"), Axis("found")
DECLARED = {
    "words": Declared((WORDS,), 9),
    "pairs": Declared((WORDS, WORDS)),
    "letters": Declared((WORDS, LETTERS)),
    "pieces": Declared((PIECES,), 5),
    "types": Declared((PIECES,)),
    "found": Declared((FOUND, 4)),
    "lengths": Declared(),
}


def ones(*shape: int) -> Array:
    return np.ones(shape, dtype=np.int64)


def row(words: int, pieces: int, letters: int, found: int) -> Row:
    inputs = {
        "words": ones(words),
        "pairs": ones(words, words),
        "letters": ones(words, letters),
        "pieces": ones(pieces),
        "types": ones(pieces - 1),
        "found": ones(found, 4),
        "lengths": np.array(words),
    }
    return Row(inputs, {}, pieces, words)


def shapes(*rows: Row) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in pad_inputs(rows, DECLARED)[1].items()}


def test_a_batch_is_padded_in_steps_and_each_axis_to_one_size() -> None:
    assert shapes(row(3, 17, 5, 0), row(9, 4, 2, 3)) == {
        "words": (2, 16),
        "pairs": (2, 16, 16),
        "letters": (2, 16, 5),
        "pieces": (2, 32),
        "types": (2, 32),
        "found": (2, 3, 4),
        "lengths": (2,),
    }


def test_a_row_alone_is_as_long_as_it_is() -> None:
    found = shapes(row(3, 17, 5, 0))
    assert (found["pairs"], found["letters"], found["pieces"], found["types"]) == (
        (1, 3, 3),
        (1, 3, 5),
        (1, 17),
        (1, 17),
    )
    assert found["found"] == (1, 1, 4)


def test_no_axis_of_a_batch_is_of_size_1() -> None:
    found = shapes(row(1, 2, 1, 0), row(1, 2, 1, 1))
    assert (found["words"], found["letters"], found["found"]) == ((2, 8), (2, 8, 2), (2, 2, 4))


def test_what_is_padded_is_0_and_the_width_is_told() -> None:
    width, arrays = pad_inputs([row(2, 4, 1, 1), row(5, 4, 1, 1)], DECLARED)
    assert width == 8
    assert arrays["words"].tolist() == [[1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0, 0, 0]]


def test_an_array_of_which_nothing_is_declared_is_our_own_mistake() -> None:
    with pytest.raises(KeyError, match="pieces"):
        pad_inputs([row(2, 4, 1, 1)], {name: each for name, each in DECLARED.items() if name != "pieces"})
    with pytest.raises(ValueError, match=r"shape up to \(2, 4\) do not fit into \(2, 3\)"):
        pad_inputs([Row({"found": ones(2, 4)}, {}, 1, 1)], {"found": Declared((FOUND, 3))})


def test_limits_are_those_that_are_declared() -> None:
    assert limits_of(DECLARED) == {"words": 9, "pieces": 5}

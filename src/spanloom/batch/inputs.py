"""What encoders read of several rows, padded to one rectangle an array. B batch, T words, P pieces, C characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spanloom.batch.pad import pad
from spanloom.core import Array, Arrays, Row

# Padded sizes come in steps, so that the CPU kernels, which are compiled for each new shape, are soon all there.
WORD_STEP, PIECE_STEP = 8, 16

LISTED = ("characters", "hashed")
"""Arrays [T, any] that list something of each word."""


def pad_inputs(rows: Sequence[Row], fills: Mapping[str, int] | None = None) -> tuple[int, Arrays]:
    """The padded width T and every input array of the rows, [B, ...].

    "pieces" and "types" are padded to P, "units" to a length of their own, arrays that list something of each word
    ("characters", "hashed") to T on their first axis alone, and every other array to T on each of its axes. An array
    named in `fills` holds a list of its own instead, of no set length: it is padded on its first axis alone, with the
    value given.
    """
    steps = (WORD_STEP, PIECE_STEP) if len(rows) > 1 else (1, 1)  # a row alone, as bundles read them, needs none
    width = _up(max(row.width for row in rows), steps[0])
    pieces = _up(max(row.length for row in rows), steps[1])
    lists = fills or {}
    return width, {
        name: _padded(name, [row.inputs[name] for row in rows], width, pieces, lists) for name in rows[0].inputs
    }


def _padded(name: str, arrays: Sequence[Array], width: int, pieces: int, lists: Mapping[str, int]) -> Array:
    if name in ("pieces", "types"):
        return pad(arrays, 0, (pieces,))
    if name == "units":
        return pad(arrays, 0, (_up(max(map(len, arrays)), PIECE_STEP if len(arrays) > 1 else 1),))
    least = min(len(arrays), 2)  # in a batch no axis is of size 1, which an exporter would take for a constant
    if name in LISTED:
        return pad(arrays, 0, (width, max(least, *(array.shape[1] for array in arrays))))
    if name in lists:
        return pad(arrays, lists[name], (max(least, *map(len, arrays)), *arrays[0].shape[1:]))
    return pad(arrays, 0, (width,) * arrays[0].ndim)


def _up(size: int, step: int) -> int:
    return -(-max(size, 1) // step) * step

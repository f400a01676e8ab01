"""Which pictures are nearly the same, told by 128 bits of each: whether it gets lighter from place to place.

The difference hash, across and down, of the picture in black and white at 9 x 8 and 8 x 9 pixels: size, sharpness,
brightness and the losses of JPEG hardly change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from spanloom.core import Array
from spanloom.pixels.pillow import as_pillow, pillow

SIDE = 8
NEAR = 6
"""Bits, of 128, that differ at most in two pictures that are taken for the same."""

BYTES = 2 * SIDE * SIDE // 8
PARTS = 8
"""A hash is cut into so many parts, more than `NEAR`: of two that are near one part at least is the same."""

FLAT = 4
"""Steps of grey between the darkest and the lightest place of a picture in which there is nothing to compare."""


def likeness(picture: Array) -> bytes:
    """The hash of a picture [H, W, 3]; empty of one that is the same all over."""
    grey = as_pillow(picture).convert("L")
    box = pillow("Image").Resampling.BOX
    across = np.asarray(grey.resize((SIDE + 1, SIDE), box), dtype=np.int16)
    down = np.asarray(grey.resize((SIDE, SIDE + 1), box), dtype=np.int16)
    if int(across.max()) - int(across.min()) < FLAT:
        return b""
    lighter = [across[:, 1:] > across[:, :-1], down[1:] > down[:-1]]
    return np.packbits(np.concatenate([bits.ravel() for bits in lighter])).tobytes()


def near_pairs(hashes: Sequence[bytes], others: Sequence[bytes] | None = None) -> Iterator[tuple[int, int]]:
    """Of each hash that is near an earlier one, or of each of `others` that is near one of `hashes`: (its number, that
    of the first such). Only hashes that share a part are compared, so that many need no table of all pairs.
    """
    known: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(PARTS)]
    asked = hashes if others is None else others
    if others is not None:
        for number, each in enumerate(hashes):
            _add(known, each, number)
    table: Array = np.frombuffer(b"".join(each or bytes(BYTES) for each in hashes), dtype=np.uint8).reshape(-1, BYTES)
    for number, each in enumerate(asked):
        if not each:
            continue
        like = sorted({seen for part, piece in enumerate(_pieces(each)) for seen in known[part].get(piece, ())})
        if like:
            apart = np.bitwise_count(table[like] ^ np.frombuffer(each, dtype=np.uint8)).sum(axis=1)
            near = np.flatnonzero(apart <= NEAR)
            if len(near):
                yield number, like[near[0]]
                continue  # its like is known already
        if others is None:
            _add(known, each, number)


def _add(known: list[dict[bytes, list[int]]], each: bytes, number: int) -> None:
    for part, piece in enumerate(_pieces(each)):
        known[part][piece].append(number)


def _pieces(each: bytes) -> list[bytes]:
    size = BYTES // PARTS
    return [each[start : start + size] for start in range(0, len(each), size)]

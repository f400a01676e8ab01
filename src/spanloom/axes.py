"""What is declared of an array, once: its axes by name and what its numbers may be.

Padding, the checks before training, exports and the trial of a bundle read it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis whose size differs from row to row: arrays that share it are padded to one size.

    step: in a batch that size is a multiple of it, so that the CPU kernels, which are compiled for each new shape, are
    soon all there.
    """

    name: str
    step: int = 1


WORDS = Axis("words", 8)
"""T."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An array of whole numbers of a row; 0 pads it.

    axes: an `Axis` for each, or the size of one that is always of this size. limit: the exclusive upper bound of its
    numbers, None where there is none. exact: the network has a row for each number below the limit and no others; a
    pretrained one may have rows to spare.
    """

    axes: tuple[Axis | int, ...] = ()
    limit: int | None = None
    exact: bool = False


def limits_of(declared: Mapping[str, Declared]) -> dict[str, int]:
    """The limits of those arrays that have one."""
    return {name: each.limit for name, each in declared.items() if each.limit is not None}

"""Ragged arrays to one rectangular array, and the lengths that tell the padding apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.core import Array


def pad(arrays: Sequence[Array], fill: Any, shape: Sequence[int] | None = None) -> Array:
    """Stack `B` arrays of the same number of axes into one `[B, *shape]`, filled with `fill` where they end.

    shape: the padded shape of one array; left out, each axis is as long as the longest array needs. The result has
    the type that holds every array. Raises ValueError where an array does not fit or has another number of axes.
    """
    if not arrays:
        raise ValueError("pad needs at least one array")
    axes = arrays[0].ndim
    if any(array.ndim != axes for array in arrays):
        raise ValueError(f"pad needs arrays of {axes} axes, found {sorted({array.ndim for array in arrays})}")
    widest = tuple(max(array.shape[axis] for array in arrays) for axis in range(axes))
    target = widest if shape is None else tuple(shape)
    if len(target) != axes or any(need > room for need, room in zip(widest, target, strict=True)):
        raise ValueError(f"arrays of shape up to {widest} do not fit into {target}")
    padded = np.full(
        (len(arrays), *target), fill, dtype=np.result_type(*{array.dtype for array in arrays})
    )  # [B, *shape]
    for index, array in enumerate(arrays):
        region: tuple[int | slice, ...] = (index, *(slice(size) for size in array.shape))
        padded[region] = array
    return padded


def lengths(arrays: Sequence[Array]) -> Array:
    """The size of each array's first axis, int64 `[B]`."""
    return np.array([len(array) for array in arrays], dtype=np.int64)

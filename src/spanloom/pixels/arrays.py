"""Pictures to what a network reads, and two of them mixed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spanloom.core import Array
from spanloom.pixels.geometry import Box


def to_array(picture: Array) -> Array:
    """A picture [H, W, 3] as float32 [3, H, W] in 0..1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)


def normalised(array: Array, mean: Sequence[float], deviation: Sequence[float]) -> Array:
    """Each colour of [3, H, W] less its mean, in its standard deviations."""
    middle, spread = (np.asarray(values, dtype=np.float32)[:, None, None] for values in (mean, deviation))
    return np.asarray((array - middle) / spread)


def mixed(array: Array, other: Array, share: float) -> Array:
    """`share` of one and the rest of the other, pixel by pixel (Zhang et al. 2017, mixup,
    https://arxiv.org/abs/1710.09412)."""
    return np.asarray(np.float32(share) * array + np.float32(1 - share) * other)


def patched(array: Array, other: Array, box: Box) -> Array:
    """One [3, H, W] with a box of the other in it (Yun et al. 2019, CutMix, https://arxiv.org/abs/1905.04899)."""
    changed = array.copy()
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    changed[:, rows, columns] = other[:, rows, columns]
    return changed


def patch(size: int, share: float, draw: np.random.Generator) -> Box:
    """A square box that leaves about `share` of a picture of this size, its middle anywhere, cut at the edges."""
    side = size * math.sqrt(1 - share)
    middle = draw.uniform(0, size, size=2)
    (top, left), (bottom, right) = (
        np.clip(np.rint(middle + part), 0, size).astype(int).tolist() for part in (-side / 2, side / 2)
    )
    return Box(top, left, bottom - top, right - left)

"""A small picture for a page, as a data URI, and the heat that lies on it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.errors import SpanloomError
from spanloom.inputs import Image
from spanloom.pixels.geometry import resized
from spanloom.pixels.pillow import as_pillow
from spanloom.pixels.reading import read_picture

LARGEST = 240
"""Pixels of the longer side."""

COLD, HOT = np.array((40.0, 40.0, 160.0)), np.array((255.0, 40.0, 0.0))
STRENGTH = 0.6
"""How much of a pixel the heat covers where there is most of it."""


def thumbnail(name: Any, heat: Any) -> dict[str, str]:
    """`image`, the picture of that name as a data URI, and `heat`, the same with what spoke for its class on it.

    heat: as `Heat.to_dict` gives it. Nothing of what cannot be read, and no `heat` where that is none.
    """
    if not isinstance(name, str) or not name:
        return {}
    try:
        pixels = read_picture(Image(name), name).pixels
    except SpanloomError:
        return {}
    height, width = pixels.shape[:2]
    factor = min(1.0, LARGEST / max(height, width))
    small = resized(pixels, max(1, round(height * factor)), max(1, round(width * factor)))
    found = {"image": _uri(small)}
    if isinstance(heat, Mapping):
        box = [edge * factor for edge in heat["box"]]
        found["heat"] = _uri(heated(small, np.asarray(heat["values"], dtype=np.float64) / 100, box))
    return found


def heated(picture: Array, values: Array, box: Sequence[float]) -> Array:
    """The picture with values [h, w], 0 to 1, laid over a box of it (left, top, right, bottom) as colours."""
    height, width = picture.shape[:2]
    left, top = (min(max(round(edge), 0), size - 1) for edge, size in zip(box[:2], (width, height), strict=True))
    right, bottom = max(left + 1, min(round(box[2]), width)), max(top + 1, min(round(box[3]), height))
    grey = np.repeat((255 * values).round().astype(np.uint8)[..., None], 3, axis=2)
    warm = resized(grey, bottom - top, right - left)[..., :1] / 255.0
    part = picture[top:bottom, left:right].astype(np.float64)
    covered = STRENGTH * warm
    changed = picture.copy()
    changed[top:bottom, left:right] = ((1 - covered) * part + covered * (COLD + warm * (HOT - COLD))).round()
    return changed


def _uri(picture: Array) -> str:
    held = io.BytesIO()
    as_pillow(picture).save(held, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode('ascii')}"

"""Pillow, where it is needed: an install that reads no pictures goes without."""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError, MissingExtra

KEPT = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""The modes that a PNG file holds."""


def pillow(part: str) -> Any:
    """A module of Pillow's, such as "Image". Raises MissingExtra where it is not installed."""
    try:
        return importlib.import_module(f"PIL.{part}")
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading a picture", "image") from error


def as_pillow(picture: Array) -> Any:
    """A picture [H, W, 3] as Pillow's own."""
    return pillow("Image").fromarray(picture)


def is_pillow(given: Any) -> bool:
    """Whether something is a picture of Pillow's; nothing is where nobody has imported it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(given, module.Image)


def as_png(given: Any, where: str) -> bytes:
    """A picture of Pillow's, or pixels [H, W], [H, W, 3] or [H, W, 4] of uint8, as the bytes of a PNG file.

    Raises DataError for other arrays.
    """
    if isinstance(given, np.ndarray):
        if given.dtype != np.uint8 or not (given.ndim == 2 or (given.ndim == 3 and given.shape[2] in (3, 4))):
            found = f"an array {list(given.shape)} of {given.dtype}"
            raise DataError(where, found, "pixels [H, W, 3] of uint8", "Turn it into such.")
        given = as_pillow(given)
    held = io.BytesIO()
    (given if given.mode in KEPT else given.convert("RGB")).save(held, "PNG", compress_level=1)
    return held.getvalue()

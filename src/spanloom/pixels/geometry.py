"""Where the pixels of a picture come to stand: resized, cut out, mirrored, turned. Each takes and gives [H, W, 3]."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from spanloom.core import Array
from spanloom.pixels.pillow import as_pillow, pillow

TRIES = 10
"""How often a random crop is drawn until one fits into the picture."""

SQUEEZED = 4 / 3
"""How much wider or higher than the picture's own a random crop may be, which is squeezed to the size of the model."""


class Box(NamedTuple):
    """A part of a picture: its first row and column, and its size, in pixels."""

    top: int
    left: int
    height: int
    width: int


def resized(picture: Array, height: int, width: int) -> Array:
    """The whole picture in this size. Bicubic; a smaller one is made of all of its pixels (Pillow's antialiasing)."""
    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(as_pillow(picture).resize((width, height), pillow("Image").Resampling.BICUBIC))


def resize_short(picture: Array, size: int) -> Array:
    """The picture with its shorter side of this size, the longer in proportion."""
    height, width = picture.shape[:2]
    factor = size / min(height, width)
    return resized(picture, max(size, round(height * factor)), max(size, round(width * factor)))


def central(picture: Array, height: int, width: int) -> Box:
    """The middle of a picture, as large as that and no larger than the picture."""
    height, width = min(height, picture.shape[0]), min(width, picture.shape[1])
    return Box((picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2, height, width)


def cropped(picture: Array, box: Box) -> Array:
    """The part of a picture in a box."""
    return picture[box.top : box.top + box.height, box.left : box.left + box.width]


def random_box(picture: Array, least: float, draw: np.random.Generator) -> Box:
    """A crop of at least this part of the picture's area, of about its proportions, anywhere (Szegedy et al. 2015,
    https://arxiv.org/abs/1409.4842): the middle square where none of ten fits.
    """
    height, width = picture.shape[:2]
    for _ in range(TRIES):
        area = height * width * draw.uniform(least, 1.0)
        wider = math.exp(draw.uniform(-math.log(SQUEEZED), math.log(SQUEEZED)))
        high, wide = round(math.sqrt(area / wider)), round(math.sqrt(area * wider))
        if 0 < high <= height and 0 < wide <= width:
            top, left = draw.integers(height - high + 1), draw.integers(width - wide + 1)
            return Box(int(top), int(left), high, wide)
    return central(picture, min(height, width), min(height, width))


def flipped(picture: Array, upside_down: bool = False) -> Array:
    """The picture in a mirror: left and right change places, or top and bottom."""
    return picture[::-1] if upside_down else picture[:, ::-1]


def rotated(picture: Array, degrees: float) -> Array:
    """The picture turned about its middle, against the clock, in the size that it had. Bilinear.

    What comes in at the corners is the picture mirrored at its edges: a colour would tell how far it was turned.
    """
    if not degrees:
        return picture
    height, width = picture.shape[:2]
    margin = min(math.ceil(max(height, width) * 0.21), height - 1, width - 1)  # (sqrt(2) - 1) / 2, and a little
    wide = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    turned = as_pillow(wide).rotate(degrees, pillow("Image").Resampling.BILINEAR)
    return np.asarray(turned)[margin : margin + height, margin : margin + width]

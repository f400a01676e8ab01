"""What the pixels of a picture say: brightness, contrast, colour, sharpness. Each takes [H, W, 3] and gives such."""

from __future__ import annotations

import numpy as np

from spanloom.core import Array
from spanloom.pixels.geometry import Box
from spanloom.pixels.pillow import as_pillow, pillow


def brightened(picture: Array, factor: float) -> Array:
    """0 is black, 1 the picture as it is, 2 twice as bright."""
    return np.asarray(pillow("ImageEnhance").Brightness(as_pillow(picture)).enhance(factor))


def contrasted(picture: Array, factor: float) -> Array:
    """0 is the picture's mean grey all over, 1 the picture as it is."""
    return np.asarray(pillow("ImageEnhance").Contrast(as_pillow(picture)).enhance(factor))


def saturated(picture: Array, factor: float) -> Array:
    """0 is black and white, 1 the picture as it is."""
    return np.asarray(pillow("ImageEnhance").Color(as_pillow(picture)).enhance(factor))


def blurred(picture: Array, radius: float) -> Array:
    """Each pixel as a mean of those around it (Gaussian); radius: the standard deviation, in pixels."""
    return np.asarray(as_pillow(picture).filter(pillow("ImageFilter").GaussianBlur(radius)))


def erased(picture: Array, box: Box, draw: np.random.Generator) -> Array:
    """The picture with noise in a box (Zhong et al. 2017, random erasing, https://arxiv.org/abs/1708.04896)."""
    changed = picture.copy()
    noise = draw.integers(0, 256, size=(box.height, box.width, 3), dtype=np.uint8)
    changed[box.top : box.top + box.height, box.left : box.left + box.width] = noise
    return changed

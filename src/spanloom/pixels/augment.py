"""A training picture as it is seen once: what is drawn depends on the seed, the epoch and the picture's number alone.

The draws come in a fixed order, so that turning one change off leaves no other as it was, and nothing else matters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spanloom.core import Array
from spanloom.pixels.arrays import mixed, patch, patched
from spanloom.pixels.colour import blurred, brightened, contrasted, erased, saturated
from spanloom.pixels.config import PictureAugmentConfig
from spanloom.pixels.geometry import Box, central, cropped, flipped, random_box, resized, rotated

SHARP = 0.5
"""How many of the pictures are not blurred."""

ERASED = (0.02, 1 / 3)
"""Parts of the area that are erased, from the smallest to the largest (Zhong et al. 2017)."""


def varied(picture: Array, config: PictureAugmentConfig, size: int, draw: np.random.Generator) -> Array:
    """A frame [H, W, 3] as [size, size, 3], turned, cut out, mirrored and coloured as chance has it."""
    seen = rotated(picture, float(draw.uniform(-config.rotation, config.rotation)) if config.rotation else 0.0)
    box = random_box(seen, config.least_crop, draw) if config.least_crop < 1 else central(seen, size, size)
    seen = resized(cropped(seen, box), size, size)
    if config.flip != "none" and draw.random() < 0.5:
        seen = flipped(seen)
    if config.flip == "both" and draw.random() < 0.5:
        seen = flipped(seen, upside_down=True)
    for change, most in (
        (brightened, config.brightness),
        (contrasted, config.contrast),
        (saturated, config.saturation),
    ):
        if most:
            seen = change(seen, float(draw.uniform(1 - most, 1 + most)))
    if config.blur and draw.random() >= SHARP:
        seen = blurred(seen, float(draw.uniform(0, config.blur)))
    if config.erase and draw.random() < config.erase:
        seen = erased(seen, _part(size, draw), draw)
    return np.ascontiguousarray(seen)


def _part(size: int, draw: np.random.Generator) -> Box:
    """A box of some of the area, up to three times as wide as high or as high as wide."""
    area, wider = size * size * draw.uniform(*ERASED), math.exp(draw.uniform(-math.log(3), math.log(3)))
    height, width = (min(size, max(1, round(math.sqrt(part)))) for part in (area / wider, area * wider))
    return Box(int(draw.integers(size - height + 1)), int(draw.integers(size - width + 1)), height, width)


@dataclass(frozen=True, slots=True)
class Mixing:
    """How another picture is mixed into one. share: of the picture itself. box: where the other lies in it, None where
    both lie everywhere.
    """

    share: float
    box: Box | None = None

    def of(self, array: Array, other: Array) -> Array:
        """Both as one, [3, size, size]."""
        return mixed(array, other, self.share) if self.box is None else patched(array, other, self.box)


def mixing(config: PictureAugmentConfig, size: int, draw: np.random.Generator) -> Mixing:
    """Mixup or CutMix, as `config` has them; of both one is drawn. CutMix's share is that of the pixels that stay."""
    cut = config.cutmix > 0 and (not config.mixup or draw.random() < 0.5)
    strength = config.cutmix if cut else config.mixup
    share = float(draw.beta(strength, strength))
    if not cut:
        return Mixing(share)
    box = patch(size, share, draw)
    return Mixing(1 - box.height * box.width / (size * size), box)

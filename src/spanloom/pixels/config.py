"""The `[model.augment]` table: how training varies its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from spanloom.config import setting
from spanloom.config.ranges import Fraction, FractionAboveZero, FractionBelowOne, Range

Alpha = Annotated[float, Range(0, 100)]


@dataclass(frozen=True)
class PictureAugmentConfig:
    """Changes of the training pictures, never of dev pictures, drawn anew for each picture in each epoch."""

    least_crop: FractionAboveZero = setting(
        0.5, "the area of the smallest part of a picture that is cut out and made as large as the model reads; 1: all"
    )
    flip: Literal["none", "sides", "both"] = setting(
        "none", "mirror half of the pictures, left and right, or top and bottom too; not where a mirror changes a class"
    )
    rotation: Annotated[float, Range(0, 180)] = setting(10.0, "turn a picture so many degrees at most, either way")
    brightness: FractionBelowOne = setting(0.2, "how much brighter or darker a picture becomes at most")
    contrast: FractionBelowOne = setting(0.2, "how much more or less contrast it gets at most")
    saturation: FractionBelowOne = setting(0.2, "how much stronger or weaker its colours become at most")
    blur: Annotated[float, Range(0, 50)] = setting(
        0.0, "the largest radius of a blur, in pixels of what the model reads; half of the pictures stay sharp"
    )
    erase: Fraction = setting(0.0, "in how many pictures a part, a third of the area at most, becomes noise")
    mixup: Alpha = setting(
        0.0, "mix each picture with another, and what is learned of the two: alpha, 0.2 say; 0 for none"
    )
    cutmix: Alpha = setting(
        0.0,
        "put a part of another picture into each, and learn both by area: alpha, 1 say; 0 for none; with mixup, "
        "one of the two is drawn",
    )

    @property
    def mixes(self) -> bool:
        """Whether pictures are mixed."""
        return max(self.mixup, self.cutmix) > 0

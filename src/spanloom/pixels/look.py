"""How a model looks at a picture: in which size, at which part of it, and in which numbers. The same in training and
in a bundle.

    pixels  -> `frame`  resized, the middle of what is long and thin: what is kept in memory, and what is varied
            -> `view`   the middle of the frame, in the size that the model reads
            -> `array`  float32 [3, size, size]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

from spanloom.core import Array
from spanloom.pixels.arrays import normalised, to_array
from spanloom.pixels.geometry import Box, central, cropped, resize_short, resized
from spanloom.text.stored import choice, real, whole

Fit = Literal["short side", "stretched"]

LONGEST = 2
"""How many times its shorter side the longer of a frame may be."""

LARGEST = 4096
"""Pixels of a side that a model may read."""


class Frame(NamedTuple):
    """What is kept of a picture. pixels: [H, W, 3]. box: where they stood, (left, top, right, bottom)."""

    pixels: Array
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Look:
    """size: of what the model reads. fit: whether the shorter side decides and the rest is cut off, or both sides are
    stretched. crop: how much of the frame's shorter side is seen. mean, deviation: of each colour, in 0..1.
    """

    size: int
    fit: Fit
    crop: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    @property
    def side(self) -> int:
        """The shorter side of a frame."""
        return max(self.size, round(self.size / self.crop))

    def frame(self, pixels: Array) -> Frame:
        height, width = pixels.shape[:2]
        if self.fit == "stretched":
            return Frame(resized(pixels, self.side, self.side), (0.0, 0.0, float(width), float(height)))
        short = min(height, width)
        box = central(pixels, LONGEST * short, LONGEST * short)
        return Frame(resize_short(cropped(pixels, box), self.side), _edges(box))

    def view(self, frame: Frame) -> Frame:
        """The middle of a frame, and where it stood in the picture."""
        box = central(frame.pixels, self.size, self.size)
        left, top, right, bottom = frame.box
        across, down = (right - left) / frame.pixels.shape[1], (bottom - top) / frame.pixels.shape[0]
        seen = (
            left + box.left * across,
            top + box.top * down,
            left + (box.left + box.width) * across,
            top + (box.top + box.height) * down,
        )
        return Frame(cropped(frame.pixels, box), seen)

    def array(self, pixels: Array) -> Array:
        """[3, size, size] of pixels [size, size, 3]."""
        return normalised(to_array(pixels), self.mean, self.deviation)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Look:
        """Raises ValueError for what is damaged."""
        colours: list[tuple[float, float, float]] = []
        for name, least in (("mean", -100.0), ("deviation", 1e-6)):
            values = table.get(name)
            if not isinstance(values, list | tuple) or len(values) != 3:
                raise ValueError(f"{name} is {str(values)[:80]!r}, not a number a colour")
            red, green, blue = (real({name: value}, name, least, 100.0) for value in values)
            colours.append((red, green, blue))
        size = whole(table, "size", 1, LARGEST)
        return cls(size, choice(table, "fit", get_args(Fit)), real(table, "crop", 0.05, 1.0), *colours)


def _edges(box: Box) -> tuple[float, float, float, float]:
    return float(box.left), float(box.top), float(box.left + box.width), float(box.top + box.height)

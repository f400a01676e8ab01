"""Small pictures to try the task on: discs, squares and crosses in any colour on any other.

    python -m spanloom.tasks.image.draw FOLDER [NUMBER]

writes NUMBER of each, 12 where none is given, into FOLDER/disc, FOLDER/square and FOLDER/cross. The sample beside this
file was made so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from spanloom.core import Array
from spanloom.pixels.pillow import as_png
from spanloom.write.atomic import atomic_write
from spanloom.write.terminal import tell

SIDE = 24
NUMBER = 12
NOISE = 12
"""Steps of grey by which a pixel is off at most."""

Shape = Callable[[Array, Array, float], Array]
"""(x, y, radius), from the middle -> whether a place is inside."""


def _cross(x: Array, y: Array, radius: float) -> Array:
    arm = radius / 3
    return np.asarray((np.minimum(abs(x), abs(y)) <= arm) & (np.maximum(abs(x), abs(y)) <= radius))


SHAPES: Mapping[str, Shape] = {
    "disc": lambda x, y, radius: np.asarray(x**2 + y**2 <= radius**2),
    "square": lambda x, y, radius: np.asarray(np.maximum(abs(x), abs(y)) <= 0.85 * radius),
    "cross": _cross,
}


def drawn(shape: str, draw: np.random.Generator, height: int = SIDE, width: int = SIDE) -> Array:
    """A picture [height, width, 3] of one shape, somewhere near its middle."""
    radius = min(height, width) * draw.uniform(0.25, 0.38)
    x, y = draw.uniform(-0.1, 0.1, size=2) * min(height, width)
    down, across = np.mgrid[:height, :width]
    inside = SHAPES[shape](across - width / 2 + 0.5 - x, down - height / 2 + 0.5 - y, radius)
    dark, light = draw.integers(0, 90, size=3), draw.integers(160, 256, size=3)
    behind, before = (dark, light) if draw.random() < 0.5 else (light, dark)
    noise = draw.integers(-NOISE, NOISE + 1, size=(height, width, 3))
    return np.clip(np.where(inside[..., None], before, behind) + noise, 0, 255).astype(np.uint8)


def write_pictures(folder: Path, number: int = NUMBER, seed: int = 0) -> None:
    """So many pictures of each shape, a folder a shape."""
    for place, shape in enumerate(SHAPES):
        draw = np.random.default_rng([seed, place])
        (folder / shape).mkdir(parents=True, exist_ok=True)
        for each in range(1, number + 1):
            atomic_write(folder / shape / f"{each:02}.png", as_png(drawn(shape, draw), str(folder)))


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
    tell(f"{sys.argv[1]}: {', '.join(SHAPES)}")

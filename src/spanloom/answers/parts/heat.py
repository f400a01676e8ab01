"""Where in a picture what speaks for a class stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

IMAGE = "image"
"""The key of a picture's name in what is shown."""

HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Heat:
    """values: row by row from the top, each 0 (nothing) to 1 (the most). box: the part of the picture that they lie
    over, (left, top, right, bottom), in its pixels when it stands upright.
    """

    values: tuple[tuple[float, ...], ...]
    box: tuple[float, float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """`values` in hundredths and `box` in whole pixels."""
        values = [[round(100 * value) for value in row] for row in self.values]
        return {"values": values, "box": [round(edge) for edge in self.box]}

"""Slopes by trying it out: what every gradient that was derived on paper has to agree with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def gradient(function: Callable[[], float], array: np.ndarray[Any, Any], step: float = 1e-6) -> np.ndarray[Any, Any]:
    """How much `function()` changes with each number of a float64 `array`, which is nudged and put back.

    The slope between one step above and one step below is exact up to step**2, and up to rounding divided by step.
    """
    slopes = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        above = function()
        array[place] = kept - step
        below = function()
        array[place] = kept
        slopes[place] = (above - below) / (2 * step)
    return slopes

"""Pictures side by side on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.core import Array
from spanloom.pixels.look import Look

GAP = 4
"""White pixels between two pictures."""


def sheet(lines: Sequence[Array], look: Look) -> Array:
    """Lines of arrays [N, 3, size, size] as a network reads them, as one picture [H, W, 3]."""
    spread, middle = (np.asarray(values, dtype=np.float32)[:, None, None] for values in (look.deviation, look.mean))
    step = look.size + GAP
    wide = max(len(line) for line in lines)
    page = np.full((step * len(lines) - GAP, step * wide - GAP, 3), 255, dtype=np.uint8)
    for row, line in enumerate(lines):
        for column, array in enumerate(line):
            seen = np.clip((array * spread + middle) * 255, 0, 255).round().astype(np.uint8)
            top, left = row * step, column * step
            page[top : top + look.size, left : left + look.size] = seen.transpose(1, 2, 0)
    return page

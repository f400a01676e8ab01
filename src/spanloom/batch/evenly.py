"""Some of many, from all over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def evenly_chosen(items: Sequence[Any], limit: int) -> list[Any]:
    """At most `limit` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, limit).round().astype(int)]

"""What a head is to give back, padded as its inputs are. B batch, T tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.batch.pad import pad
from spanloom.core import Array, Arrays, Row


def tag_targets(rows: Sequence[Row], width: int, lengths: Array, loss: Mapping[str, Any] | None) -> Arrays:
    """tags [B, T] of rows padded to `width`; for a CRF lengths [B]; for softmax weights [B, T], 0 at padding.

    loss: how a softmax is trained, which becomes arrays of the same names; None for a CRF. Of several sources also what
    `OpenTags` says: open [B, T, K] or judged [B, K].
    """
    targets: Arrays = {"tags": pad([row.targets["tags"] for row in rows], 0, (width,))}
    if "judged" in rows[0].targets:
        targets["judged"] = np.stack([row.targets["judged"] for row in rows])
    if "open" in rows[0].targets:
        tags = rows[0].targets["open"].shape[1]
        targets["open"] = pad([row.targets["open"] for row in rows], True, (width, tags))
    if loss is None:
        return targets | {"lengths": lengths}
    targets["weights"] = pad([np.ones(row.width, np.float32) for row in rows], 0.0, (width,))
    return targets | {name: np.asarray(value, np.float32) for name, value in loss.items()}

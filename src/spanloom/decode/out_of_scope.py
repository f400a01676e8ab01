"""How little a request is like anything that a model was trained on, from the logits of its classes. NumPy only.

B batch, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.core import Array


def strangeness(logits: Array) -> Array:
    """[B, K] -> [B], in 0..1: how probable one more class would be whose logit is always 0.

    That is `1 / (1 + sum exp(logits))`, the energy score of Liu et al. 2020 (https://arxiv.org/abs/2010.03759) on a
    scale from 0 to 1. Unlike the highest probability it falls when all classes fall together.
    """
    logits = np.asarray(logits, dtype=np.float64)
    return np.asarray(np.exp(-np.logaddexp.reduce(np.pad(logits, [(0, 0), (0, 1)]), axis=1)))


def fit_threshold(scores: Sequence[float], share: float) -> float:
    """The threshold above which as many of the scores lie as may, at most this share of them; share in 0..1, below 1.

    It is halfway between two scores: at one of them, rounding, which is not the same in a run and in its bundle, would
    decide about that request. Where none may lie above it, it is the highest score.
    """
    falling = sorted(scores, reverse=True)
    allowed = int(share * len(falling) + 1e-9)
    kept = falling[allowed]
    above = min((score for score in falling[:allowed] if score > kept), default=kept)
    halfway = (kept + above) / 2
    return float(halfway if halfway < above else kept)

"""How sure a fact must be to be given: the bound that suits dev data best. NumPy only. N facts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.answers.parts.facts import ScoredFact
from spanloom.decode.scaling import logit

LOWEST, HIGHEST, STEP = -3.0, 3.0, 0.25
"""Bounds that are tried, as logits: steps too fine would follow the dev data alone."""

ENOUGH = 50
"""Facts of gold, below which there is nothing to go by."""


def best_bound(facts: Sequence[ScoredFact], gold: int) -> float:
    """The bound on the logit of a score above which the facts have the best F1 against so many of gold.

    facts: all that score above `LOWEST`. Of equally good bounds the one nearest to 0, which is 0 where gold has few.
    """
    if gold < ENOUGH:
        return 0.0
    scores = np.array([logit(fact.score) for fact in facts])  # [N]
    right = np.array([fact.right for fact in facts], dtype=bool)
    best = (-1.0, 0.0, 0.0)
    for bound in np.arange(LOWEST, HIGHEST + STEP / 2, STEP).tolist():
        given = scores > bound
        f1 = 2 * float(right[given].sum()) / (float(given.sum()) + gold)
        best = max(best, (f1, -abs(bound), bound))
    return best[2]

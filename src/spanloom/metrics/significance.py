"""Bootstrap intervals and the paired bootstrap test of micro F1, over sentences.

Shapes: N sentences, S bootstrap samples. `counts` is [N, 3]: true positives, predicted, gold of each sentence.

Resampling N sentences with replacement draws each DISTINCT row of counts a multinomial number of times, so a sample
costs as many steps as there are distinct rows (some dozens), not N.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError

SAMPLES = 1000


def micro_f1(counts: Array) -> Array:
    """F1 of summed counts [..., 3] -> [...]; 0 where nothing is predicted and nothing is gold."""
    total = counts[..., 1] + counts[..., 2]
    return np.asarray(2.0 * counts[..., 0] / np.where(total == 0, 1, total))


def resampled(rows: Array, samples: int, seed: int) -> Array:
    """Sums over `samples` bootstrap samples of the rows: [N, C] -> [S, C]."""
    rows = np.asarray(rows, dtype=np.int64)
    if len(rows) == 0:
        return np.zeros((samples, rows.shape[1]), dtype=np.int64)
    distinct, times = np.unique(rows, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(rows), times / len(rows), size=samples)
    return np.asarray(drawn @ distinct)


def bootstrap_interval(counts: Array, samples: int = SAMPLES, seed: int = 0) -> tuple[float, float]:
    """The 95% percentile interval of micro F1 over sentences. counts: [N, 3] true positives, predicted, gold."""
    low, high = np.percentile(micro_f1(resampled(counts, samples, seed)), [2.5, 97.5])
    return float(low), float(high)


def paired_bootstrap(counts_a: Array, counts_b: Array, samples: int = SAMPLES, seed: int = 0) -> dict[str, float]:
    """Does B score otherwise than A on the same sentences? counts_a, counts_b: [N, 3], the same N in the same order.

    Returns `f1_a`, `f1_b`, `difference` (B - A), its 95% interval `low`, `high`, and the two-sided `p_value`: how often
    a resampled difference lies at least as far from the observed one as the observed one lies from zero (after
    Berg-Kirkpatrick et al. 2012), with one added above and below so that it is never 0. Raises DataError when the
    lengths differ.
    """
    counts_a, counts_b = np.asarray(counts_a, dtype=np.int64), np.asarray(counts_b, dtype=np.int64)
    if counts_a.shape != counts_b.shape:
        raise DataError("", f"{len(counts_a)} and {len(counts_b)} sentences", "the same sentences in both")
    f1_a, f1_b = float(micro_f1(counts_a.sum(axis=0))), float(micro_f1(counts_b.sum(axis=0)))
    sums = resampled(np.concatenate([counts_a, counts_b], axis=1), samples, seed)  # [S, 6]
    differences = micro_f1(sums[:, 3:]) - micro_f1(sums[:, :3])  # [S]
    difference = f1_b - f1_a
    # The tolerance keeps two sums that differ only by rounding on the same side.
    as_far = int(np.sum(np.abs(differences - difference) >= abs(difference) - 1e-12))
    low, high = np.percentile(differences, [2.5, 97.5])
    return {
        "f1_a": f1_a,
        "f1_b": f1_b,
        "difference": difference,
        "low": float(low),
        "high": float(high),
        "p_value": (1 + as_far) / (1 + samples),
        "samples": float(samples),
    }


def compare_scorecards(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """The paired bootstrap test of two scorecards, for each kind of fact that they count per sentence.

    Raises DataError when they were not scored on the same sentences and gold.
    """
    for name, card in (("A", a), ("B", b)):
        if "gold_hash" not in card or "sentences" not in card:
            raise DataError(f"scorecard {name}", "it holds no counts per sentence", "a scorecard that 'evaluate' wrote")
    if a["gold_hash"] != b["gold_hash"]:
        raise DataError(
            "compare",
            f"the gold of A ({a['gold_hash'][:12]}) is not the gold of B ({b['gold_hash'][:12]})",
            "two scorecards of the same sentences",
            "Evaluate both models on the same file.",
        )
    tests = {
        kind: paired_bootstrap(np.array(a["sentences"][kind]), np.array(b["sentences"][kind]))
        for kind in a["sentences"]
    }
    return {"rule": a["rule"], "size": a["size"], "tests": tests}

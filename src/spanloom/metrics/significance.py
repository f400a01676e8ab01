"""Bootstrap intervals and the paired bootstrap test of F1, over sentences.

Shapes: N sentences, K types of facts, S bootstrap samples. `counts` is [N, 3]: true positives, predicted, gold of each
sentence, for micro F1; or [N, 5], the number of the type predicted and of that in gold behind them, for macro F1 over
the types, of sentences that have one fact or none.

Resampling N sentences with replacement draws each DISTINCT row of counts a multinomial number of times, so a sample
costs as many steps as there are distinct rows (some dozens), not N.
"""

from __future__ import annotations

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError

SAMPLES = 1000


def micro_f1(counts: Array) -> Array:
    """F1 of summed counts [..., 3] -> [...]; 0 where nothing is predicted and nothing is gold."""
    total = counts[..., 1] + counts[..., 2]
    return np.asarray(2.0 * counts[..., 0] / np.where(total == 0, 1, total))


def macro_f1(counts: Array) -> Array:
    """The mean of the F1 of types [..., K, 3] -> [...], without those that are neither predicted nor gold.

    Of a single type it is micro F1.
    """
    used = (counts[..., 1] + counts[..., 2]) > 0
    return np.asarray((micro_f1(counts) * used).sum(axis=-1) / np.maximum(used.sum(axis=-1), 1))


def by_type(counts: Array) -> Array:
    """[N, 3] -> [N, 1, 3], and [N, 5] -> [N, K, 3]: true positives, predicted and gold of each type."""
    counts = np.asarray(counts, dtype=np.int64)
    if counts.shape[1] == 3:
        return counts[:, None]
    spread = np.zeros((len(counts), int(counts[:, 3:].max(initial=0)) + 1, 3), dtype=np.int64)
    each = np.arange(len(counts))
    for column, kind in enumerate((4, 3, 4)):  # what is right has the type of its gold
        spread[each, counts[:, kind], column] = counts[:, column]
    return spread


def resampled(rows: Array, samples: int, seed: int) -> Array:
    """Sums over `samples` bootstrap samples of the rows: [N, C] -> [S, C]."""
    rows = np.asarray(rows, dtype=np.int64)
    if len(rows) == 0:
        return np.zeros((samples, rows.shape[1]), dtype=np.int64)
    distinct, times = np.unique(rows, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(rows), times / len(rows), size=samples)
    return np.asarray(drawn @ distinct)


def _resampled_types(types: Array, samples: int, seed: int) -> Array:
    """[N, K, 3] -> [S, K, 3]."""
    sentences, kinds, numbers = types.shape
    return resampled(types.reshape(sentences, kinds * numbers), samples, seed).reshape(samples, kinds, numbers)


def bootstrap_interval(counts: Array, samples: int = SAMPLES, seed: int = 0) -> tuple[float, float]:
    """The 95% percentile interval of micro F1 over sentences, or of macro F1; counts: [N, 3] or [N, 5]."""
    types = by_type(counts)
    low, high = np.percentile(macro_f1(_resampled_types(types, samples, seed)), [2.5, 97.5])
    return float(low), float(high)


def paired_bootstrap(counts_a: Array, counts_b: Array, samples: int = SAMPLES, seed: int = 0) -> dict[str, float]:
    """Does B score otherwise than A on the same sentences? counts_a, counts_b: [N, 3], the same N in the same order, or
    both [N, 5].

    Returns `a`, `b`, `difference` (B - A), its 95% interval `low`, `high`, and the two-sided `p_value`: how often
    a resampled difference lies at least as far from the observed one as the observed one lies from zero (after
    Berg-Kirkpatrick et al. 2012), with one added above and below so that it is never 0. Raises DataError when the
    lengths differ.
    """
    counts_a, counts_b = np.asarray(counts_a, dtype=np.int64), np.asarray(counts_b, dtype=np.int64)
    if counts_a.shape != counts_b.shape:
        raise DataError("", f"{len(counts_a)} and {len(counts_b)} sentences", "the same sentences in both")
    types_a, types_b = by_type(counts_a), by_type(counts_b)  # [N, K, 3]; A may predict types that B never does
    both = np.concatenate([types_a, types_b], axis=1)  # [N, K of A + K of B, 3]
    sums = _resampled_types(both, samples, seed)
    split = types_a.shape[1]
    differences = macro_f1(sums[:, split:]) - macro_f1(sums[:, :split])  # [S]
    return paired_result(float(macro_f1(types_a.sum(axis=0))), float(macro_f1(types_b.sum(axis=0))), differences)


def paired_result(a: float, b: float, differences: Array) -> dict[str, float]:
    """What two scores and the differences between them in S samples, [S], say. Keys as of `paired_bootstrap`."""
    difference, samples = b - a, len(differences)
    # The tolerance keeps two sums that differ only by rounding on the same side.
    as_far = int(np.sum(np.abs(differences - difference) >= abs(difference) - 1e-12))
    low, high = np.percentile(differences, [2.5, 97.5])
    return {
        "a": a,
        "b": b,
        "difference": difference,
        "low": float(low),
        "high": float(high),
        "p_value": (1 + as_far) / (1 + samples),
        "samples": float(samples),
    }

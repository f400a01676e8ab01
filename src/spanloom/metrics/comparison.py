"""Whether two models differ, by their scorecards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError
from spanloom.metrics.measures import MEASURES, paired_test
from spanloom.metrics.significance import paired_bootstrap


def compare_scorecards(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """The paired bootstrap test of two scorecards, for each kind of fact that they count per sentence, and for each
    measure that they keep the statistics of.

    Raises DataError when they were not scored on the same sentences and gold.
    """
    for name, card in (("A", a), ("B", b)):
        _check(name, card)
    if a["gold_hash"] != b["gold_hash"]:
        raise DataError(
            "compare",
            f"the gold of A ({a['gold_hash'][:12]}) is not the gold of B ({b['gold_hash'][:12]})",
            "two scorecards of the same sentences",
            "Evaluate both models on the same file.",
        )
    counted_a, counted_b = a.get("sentences", {}), b.get("sentences", {})
    if counted_a.keys() != counted_b.keys():
        found = f"A counts {', '.join(counted_a) or 'nothing'} and B {', '.join(counted_b) or 'nothing'}"
        raise DataError("compare", found, "two scorecards of one task", "Evaluate two models of the same task.")
    tests = {}
    for kind in counted_a:
        one, other = np.array(counted_a[kind]), np.array(counted_b[kind])
        _check_shapes(kind, one, other)
        tests[kind] = paired_bootstrap(one, other)
    for kind, kept in a.get("measured", {}).items():
        if kind not in b.get("measured", {}):
            continue  # B was written before it was kept
        one, other = (np.array(card["measured"][kind]["statistics"]) for card in (a, b))
        _check_shapes(kind, one, other)
        test = paired_test(one, other, kept["measure"])
        tests[kind] = {**test, "unit": kept["unit"], "better": kept["better"]}
    return {"rule": a["rule"], "size": a["size"], "tests": tests}


def _check(name: str, card: Mapping[str, Any]) -> None:
    """Raise DataError where a scorecard lacks what is compared, or holds something else in its place."""
    where, again = f"scorecard {name}", "Make it again with: spanloom evaluate MODEL DATA --report DIR"
    if "gold_hash" not in card or not {"sentences", "measured"} & card.keys():
        raise DataError(where, "it holds no counts per sentence", "a scorecard that 'evaluate' wrote", again)
    counted, measured, size = card.get("sentences", {}), card.get("measured", {}), card.get("size")
    kinds: dict[str, Any] = {"sentences": counted, "measured": measured, "size": size}
    damaged = [key for key, value in kinds.items() if not isinstance(value, dict)]
    damaged += [key for key in ("gold_hash", "rule") if not isinstance(card.get(key), str)]
    if not damaged:
        damaged += [f"sentences.{kind}" for kind, rows in counted.items() if not _is_counts(rows)]
        damaged += [f"measured.{kind}" for kind, kept in measured.items() if not _is_kept(kept)]
        damaged += [f"size.{key}" for key, count in card["size"].items() if not isinstance(count, (int, float))]
    if damaged:
        raise DataError(where, f"is damaged: '{damaged[0]}' is not what 'evaluate' writes there", remedy=again)


def _is_counts(rows: Any) -> bool:
    """[N, 3] or [N, 5], whole numbers from 0."""
    numbers = _numbers(rows)
    if numbers is None or not np.issubdtype(numbers.dtype, np.integer):
        return False
    return numbers.shape[1] in (3, 5) and bool((numbers >= 0).all())


def _is_kept(kept: Any) -> bool:
    if not isinstance(kept, dict) or not {"measure", "unit", "better", "statistics"} <= kept.keys():
        return False
    return kept["measure"] in list(MEASURES) and _numbers(kept["statistics"]) is not None


def _numbers(rows: Any) -> Array | None:
    """A table of finite numbers, [N, C] with N and C above 0; None if it is none."""
    try:
        numbers = np.array(rows)
    except (ValueError, OverflowError):  # ragged
        return None
    if numbers.ndim != 2 or not numbers.size or numbers.dtype.kind not in "if":
        return None
    return numbers if np.isfinite(numbers).all() else None


def _check_shapes(kind: str, a: Array, b: Array) -> None:
    if a.shape != b.shape:
        found = f"A holds {len(a)} rows of {a.shape[1]} numbers of '{kind}', and B {len(b)} of {b.shape[1]}"
        raise DataError("compare", found, "two scorecards of the same sentences", "Evaluate both on the same file.")

"""Whether two models differ, by their scorecards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spanloom.errors import DataError
from spanloom.metrics.measures import paired_test
from spanloom.metrics.significance import paired_bootstrap


def compare_scorecards(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """The paired bootstrap test of two scorecards, for each kind of fact that they count per sentence, and for each
    measure that they keep the statistics of.

    Raises DataError when they were not scored on the same sentences and gold.
    """
    for name, card in (("A", a), ("B", b)):
        if "gold_hash" not in card or not {"sentences", "measured"} & card.keys():
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
        for kind in a.get("sentences", {})
    }
    for kind, kept in a.get("measured", {}).items():
        if kind not in b.get("measured", {}):
            continue  # B was written before it was kept
        one, other = (np.array(card["measured"][kind]["statistics"]) for card in (a, b))
        test = paired_test(one, other, kept["measure"])
        tests[kind] = {**test, "unit": kept["unit"], "better": kept["better"]}
    return {"rule": a["rule"], "size": a["size"], "tests": tests}

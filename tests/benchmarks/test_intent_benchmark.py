"""What `benchmarks/intent_slot.py` measures and prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import intent_slot
import numpy as np
import pytest
import rows
from sklearn.metrics import roc_auc_score


@pytest.mark.parametrize("seed", range(5))
def test_the_area_under_the_curve_is_that_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    inside, outside = draw.integers(0, 9, 40) / 9, draw.integers(2, 12, 30) / 9  # with ties
    expected = roc_auc_score([0] * 40 + [1] * 30, [*inside, *outside])
    assert intent_slot.auroc(inside.tolist(), outside.tolist()) == pytest.approx(expected)


def test_by_hand() -> None:
    assert intent_slot.auroc([0.1, 0.2], [0.3, 0.4]) == 1.0
    assert intent_slot.auroc([0.1, 0.2], [0.2]) == 0.75
    assert intent_slot.auroc([0.5], [0.5]) == 0.5


def test_tables_are_means_over_the_seeds(tmp_path: Path) -> None:
    def record(seed: int, sentence: float) -> dict[str, Any]:
        scores = {"sentence": sentence, "intent": 0.98, "slots": 0.95}
        return {"seed": seed, "scores": {kind: {"f1": score} for kind, score in scores.items()}}

    table = intent_slot.results_table(rows.INTENT_ROWS, {"atis-rnn": [record(0, 0.88), record(1, 0.9)]})
    assert table[2:] == ["| `atis-rnn` | 89.0 | 98.0 | 95.0 | 2 |"]
    assert intent_slot.results_table(rows.INTENT_ROWS, {}) == []
    one = {"auroc": dict.fromkeys(intent_slot.SCORES, 0.9), "rejected": {"in scope": 0.02, "out of scope": 0.5}}
    (tmp_path / "scope.json").write_text(json.dumps({"rows": {"atis-rnn": {"0": one, "1": one}}}), encoding="utf-8")
    assert intent_slot.scope_table(tmp_path)[2:] == ["| `atis-rnn` | 90.0 | 90.0 | 2.0% | 50.0% | 2 |"]
    assert intent_slot.scope_table(tmp_path / "none") == []

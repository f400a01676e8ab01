"""What `benchmarks/scaling.py` makes of what it measures; its workers are tested in tests/run/test_cluster.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scaling

ROUNDS = [
    {
        "alone": {"wall": wall[0], "cpu": 1, "texts": 10},
        "1": {"wall": wall[1], "cpu": cpu[0], "texts": 8},
        "2": {"wall": wall[2], "cpu": cpu[1], "texts": 8},
    }
    for wall, cpu in (((2, 4, 2), (2, 2)), ((1, 2, 2), (2, 1)), ((5, 8, 5), (1, 2)))
]


def test_rounds_are_summed_up_by_hand() -> None:
    found = scaling.summary(ROUNDS)
    assert found["alone"] == {"wall": 5.0, "cpu": 10.0}
    assert found["1"] == {"wall": 2.0, "cpu": 4.0}
    assert found["2"] == {"wall": 4.0, "cpu": 4.0}
    assert (found["two_to_one"], found["best_two_to_one"]) == (1.6, 2.0)
    assert list(scaling.table(found))[-1] == "Two workers beside one: 1.60 times (best round 2.00)."


def test_the_record_and_the_table_are_of_the_same_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scaling, "measure", lambda model, texts, rounds: iter(ROUNDS[:rounds]))
    scaling.main(["--rounds", "2", "--output", str(tmp_path / "scaling.json")])
    found = json.loads((tmp_path / "scaling.json").read_text(encoding="utf-8"))["found"]
    assert found["rounds"] == ROUNDS[:2]
    assert capsys.readouterr().out.splitlines() == list(scaling.table(found))

"""The CRF's benchmark on a size that takes no time, with no peer and with a peer of known slowness."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import crf
import pytest


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crf, "SIZES", {(5, 3): 10})
    monkeypatch.setattr(crf, "PEERS", {})
    monkeypatch.setattr(crf.torch, "set_num_threads", lambda count: None)


@pytest.mark.usefixtures("small")
def test_without_peers_the_table_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["crf.py", "--rounds", "2", "--threads", "1", "--results", str(tmp_path)])
    crf.main()
    printed = capsys.readouterr().out
    assert "forward and backward, T=5 K=3" in printed
    assert "no peer installed" in printed
    kept = json.loads((tmp_path / "crf.json").read_text(encoding="utf-8"))
    assert (kept["threads"], kept["rounds"], kept["peers"]) == (1, 2, {})
    assert kept["sizes"][0]["milliseconds"]["spanloom"] > 0


def test_everybody_takes_turns_and_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []
    clock = [0.0]
    naps = iter([9.0, 0.001, 0.05, 0.002])  # seconds; the first one warms up

    def slow() -> None:
        turns.append("slow")
        clock[0] += next(naps)

    monkeypatch.setattr(crf.time, "perf_counter", lambda: clock[0])
    found = crf.medians({"slow": slow, "quick": lambda: turns.append("quick")}, rounds=3)
    assert turns == ["slow", "quick"] * 4
    assert found == pytest.approx({"slow": 2.0, "quick": 0.0})


def test_a_ratio_is_that_to_the_fastest_peer() -> None:
    times = {"spanloom": 2.0, "one": 30.0, "other": 20.0}
    record = {
        "tokens": 5,
        "tags": 3,
        "target": 10,
        "milliseconds": times,
        "decoding_milliseconds": times,
        "gradient_error": {"spanloom": 1e-7},
    }
    lines = crf.table([record])
    assert lines[2] == "| forward and backward, T=5 K=3 | 2.0 | 30.0 | 20.0 | 10.0 | 10 | 1.0e-07 |"
    assert lines[3] == "| Viterbi, T=5 K=3 | 2.0 | 30.0 | 20.0 | 10.0 | 2 |  |"

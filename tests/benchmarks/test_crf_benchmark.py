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
    monkeypatch.setattr(sys, "argv", ["crf.py", "--rounds", "2", "--runs", "2", "--results", str(tmp_path)])
    crf.main()
    printed = capsys.readouterr().out
    assert "forward and backward, T=5 K=3" in printed
    assert "no peer installed" in printed
    kept = json.loads((tmp_path / "crf.json").read_text(encoding="utf-8"))
    assert (kept["threads"], kept["rounds"], kept["runs"], kept["peers"]) == (2, 2, 2, {})
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


@pytest.mark.usefixtures("small")
def test_a_peer_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crf, "PEERS", {"one of them": "no_such_module"})
    monkeypatch.setattr(sys, "argv", ["crf.py", "--rounds", "1", "--runs", "1", "--results", str(tmp_path)])
    crf.main()
    assert "Not installed: one of them." in capsys.readouterr().out
    assert json.loads((tmp_path / "crf.json").read_text(encoding="utf-8"))["absent"] == ["one of them"]


def test_a_ratio_is_that_to_the_fastest_peer_of_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = iter([{"spanloom": 2.0, "pytorch-crf": ours, "flair": 30.0} for ours in (20.0, 24.0, 36.0)])
    monkeypatch.setattr(crf, "medians", lambda steps, rounds: next(runs))
    found = crf.summary(dict.fromkeys(["spanloom", "pytorch-crf", "flair"], lambda: None), rounds=1, runs=3)
    assert found["milliseconds"] == {"spanloom": 2.0, "pytorch-crf": 24.0, "flair": 30.0}
    assert found["times_as_fast"] == [10.0, 12.0, 15.0]


def test_the_table_has_the_middle_run_and_the_range() -> None:
    times = {"spanloom": 2.0, "pytorch-crf": 24.0, "flair": 30.0}
    decoding = {"milliseconds": {"spanloom": 2.0, "pytorch-crf": 6.0}, "times_as_fast": [3.0]}
    record = {"tokens": 5, "tags": 3, "target": 10, "milliseconds": times, "times_as_fast": [10.0, 12.0, 15.0]}
    lines = crf.table([{**record, "gradient_error": {"spanloom": 1e-7}, "decoding": decoding}])
    assert lines[2] == "| forward and backward, T=5 K=3 | 2.0 | 24.0 | 30.0 | 12.0 (10.0 to 15.0) | 10 | 1.0e-07 |"
    assert lines[3] == "| Viterbi, T=5 K=3 | 2.0 | 6.0 |  | 3.0 (3.0 to 3.0) | 2 |  |"

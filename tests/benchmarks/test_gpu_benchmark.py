"""What `benchmarks/gpu.py` and `scripts/gpu-check` do where there is no GPU, and the plain loop beside ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import gpu
import pytest
import torch
from peers import plain_transformers, spert

from spanloom.engine.report import Stage
from tests.encoder_files import FILES

CPU = torch.device("cpu")
NAMES = ("conll04-minilm", "conll03-minilm")


@pytest.fixture
def places(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Both tasks' samples in the place of the data, above a tiny transformer, trained for one epoch; as options."""
    FILES["transformer"](tmp_path / "encoder")
    monkeypatch.setattr(spert, "ENCODERS", {"transformer": lambda: tmp_path / "encoder"})
    monkeypatch.setattr(gpu, "CONFIGS", tmp_path)
    monkeypatch.setattr(gpu, "pick_device", lambda: CPU)
    tasks = repository / "src" / "spanloom" / "tasks"
    for name, task, sample in zip(NAMES, ("joint", "tag"), ("sample.jsonl", "sample.conll"), strict=True):
        text = (tasks / task / "tiny.toml").read_text(encoding="utf-8")
        start = text.index("epochs = ")
        text = text.replace(text[start : text.index("\n", start)], "epochs = 1").replace(
            "[model]", "[model]\nmax_words = 60"
        )
        encoder = f'[model.encoder]\nkind = "transformer"\npath = "{tmp_path / "encoder"}"\n'
        (tmp_path / f"{name}.toml").write_text(text[: text.index("[model.encoder]")] + encoder, encoding="utf-8")
        folder = tmp_path / "data" / name.partition("-")[0]
        folder.mkdir(parents=True)
        for part in ("train", "dev"):
            shutil.copyfile(tasks / task / sample, folder / f"{part}.txt")
    options = {"--data": "data", "--runs": "runs", "--results": "results"}
    return [part for option, folder in options.items() for part in (option, str(tmp_path / folder))]


SMALL = ["--rows", ",".join(NAMES), "--steps", "1", "--rounds", "2"]


def cells(printed: str) -> list[list[str]]:
    lines = [line for line in printed.splitlines() if line.startswith("| conll")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_rows_are_timed_trained_and_tabled(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    gpu.main([*places, *SMALL])
    printed = capsys.readouterr().out
    joint, tag = cells(printed)
    for row, batch in ((joint, "8"), (tag, "8")):
        assert row[1] == batch
        assert float(row[4]) > 0
        assert row[5:7] == ["", ""], "a CPU has no memory of its own"
        assert float(row[8]) >= 0
    assert len(joint[7].split(" / ")) == 2, "entities and relations"
    assert "No CUDA device" in printed
    assert "left out" not in printed
    assert not (tmp_path / "results").exists()


def test_quick_trains_nothing_whole(tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    gpu.main([*places, *SMALL, "--quick"])
    assert all(row[7:] == ["", ""] for row in cells(capsys.readouterr().out))
    assert not (tmp_path / "runs").exists()


def test_what_there_is_no_time_for_is_said(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu.main([*places, *SMALL, "--minutes", "-1"])
    printed = capsys.readouterr().out
    assert cells(printed) == []
    assert all(f"left out: {name}: everything, as the minutes were over" in printed for name in NAMES)
    found = {"training_sentences": 900, "sentences_a_second": {gpu.OURS: 90.0}}
    assert gpu.needed(found, 8) == gpu.BESIDE_SECONDS + 80
    monkeypatch.setattr(gpu, "BESIDE_SECONDS", 1e6)
    gpu.main([*places, *SMALL])
    printed = capsys.readouterr().out
    assert len(cells(printed)) == 2
    assert all(f"left out: {name}: the whole training, about 10000" in printed for name in NAMES)


def test_a_training_that_takes_longer_than_foreseen_is_stopped_and_said(
    places: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu.Minutes, "watch", lambda self, report: (_ for _ in ()).throw(gpu.OutOfTime))
    gpu.main([*places, *SMALL])
    printed = capsys.readouterr().out
    assert all(f"left out: {name}: the end of its training" in printed for name in NAMES)


def test_minutes_are_over_when_they_are() -> None:
    gpu.Minutes(time.monotonic() + 60).watch(Stage("encoding", 1, 2))
    with pytest.raises(gpu.OutOfTime):
        gpu.Minutes(time.monotonic() - 1).watch(Stage("encoding", 1, 2))


def test_what_was_kept_is_tabled_with_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row: dict[str, Any] = {
        "batch_size": 16,
        "sentences_a_second": {gpu.OURS: 400.4, gpu.PLAIN: 320.0},
        "times_plain": 1.251,
        "peak_memory": {gpu.OURS: 2_000_000_000, gpu.PLAIN: 1_500_000_000},
    }
    whole = {"epochs": 4, "seconds": 99.6, "dev": {"strict": 0.9444}}
    table = {"rows": {"conll03-e5": {**row, "whole": whole}, "conll04-e5": row}, "left_out": ["conll04-e5: the rest"]}
    (tmp_path / "gpu.json").write_text(json.dumps(table), encoding="utf-8")
    gpu.main(["--table", "--results", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "| conll03-e5 | 16 | 400 | 320 | 1.25 | 2000 | 1500 | 94.4 | 100 |" in printed
    assert "| conll04-e5 | 16 | 400 | 320 | 1.25 | 2000 | 1500 |  |  |" in printed
    assert "left out: conll04-e5: the rest" in printed


def test_the_plain_loop_learns_the_first_piece_of_each_word(tmp_path: Path) -> None:
    FILES["transformer"](tmp_path)
    sentences = [(["abcd", "e", "ab"], ["B-X", "I-X", "O"]), (["e"], ["O"])]
    pieces, labels = plain_transformers.encode(sentences, tmp_path)
    assert labels == ["B-X", "I-X", "O"]
    ignored = plain_transformers.IGNORED
    assert pieces[0].gold == [ignored, 0, ignored, 1, 2, ignored]  # [CLS] ab ##cd e ab [SEP]
    ids, mask, gold = plain_transformers.collate(pieces, CPU)
    assert mask.tolist() == [[1] * 6, [1] * 3 + [0] * 3]
    assert gold[1].tolist() == [ignored, 2, ignored, *[ignored] * 3]
    assert ids[0].tolist() == pieces[0].ids
    model = plain_transformers.Tagger(tmp_path, 3).eval()
    with torch.no_grad():
        first, second = (model(*plain_transformers.collate([one], CPU)) for one in pieces)
        torch.testing.assert_close(model(ids, mask, gold), (3 * first + second) / 4)
    updates = plain_transformers.training(sentences, tmp_path, 2, CPU)
    assert [next(updates) for _ in range(3)] == [2, 2, 2]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there it would check for minutes")
@pytest.mark.parametrize("arguments", [[], ["DATA"]])
def test_without_a_gpu_the_check_passes_nothing(repository: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [repository / "scripts" / "gpu-check", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (3, "no GPU: nothing was checked\n")


@pytest.mark.parametrize(
    ("tests", "benchmark", "code"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (124, 0, 1)],
    ids=["well", "tests", "speed", "late"],
)
def test_with_a_gpu_it_runs_the_tests_and_then_the_benchmark(
    tmp_path: Path, repository: Path, tests: int, benchmark: int, code: int
) -> None:
    """A stand-in for Python says how it was called, and finds a GPU."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(repository / "scripts" / "gpu-check", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "$*"\n[ "$1" = -m ] && exit {tests}\nexit {benchmark}\n', "utf-8"
    )
    python.chmod(0o755)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [tmp_path / "scripts" / "gpu-check", "DATA"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert (done.returncode, done.stderr) == (code, "")
    called = [line for line in done.stdout.splitlines() if not line.startswith("==")]
    assert called[0] == "-m pytest tests/gpu -m gpu -q -p no:cacheprovider"
    command, minutes = called[-1].rsplit(" ", 1)
    assert command == "benchmarks/gpu.py --data DATA --minutes"
    assert 5 < float(minutes) <= 410 / 60, "what is left of seven and a half, and something to end in"
    assert ("left out: the tests" in done.stdout) == (tests == 124)


def test_with_a_gpu_it_asks_for_the_data(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(repository / "scripts" / "gpu-check", tmp_path / "scripts")
    (tmp_path / "python").symlink_to("/bin/true")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [tmp_path / "scripts" / "gpu-check"], capture_output=True, text=True, check=False, env={"PATH": path}
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "usage: scripts/gpu-check DIR, the folder with conll04/ and conll03/ in it\n"

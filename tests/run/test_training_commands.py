"""`spanloom train` where it trains nothing: what it prints and draws, and what it asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spanloom.run.cli import main


@pytest.fixture
def tiny(repository: Path) -> str:
    return str(repository / "src" / "spanloom" / "tasks" / "joint" / "tiny.toml")


def test_training_needs_a_folder(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", tiny]) == 2
    assert "ConfigError: train: no --output; a folder for the run. Add --output RUN." in capsys.readouterr().err


def test_pictures_of_the_order_and_the_schedule(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, bars, curve = tmp_path / "run", tmp_path / "bars.png", tmp_path / "curve.png"
    arguments = ["--plot-samplers", str(bars), "--plot-schedule", str(curve), "train.schedule=cosine"]
    assert main(["train", tiny, "--output", str(run), *arguments]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^buckets +\d+ +\d+ +\d+ +\d+\.\d%$", shown, re.MULTILINE)
    assert f"{bars}: the padding of 6 samplers" in shown
    assert re.search(rf"{re.escape(str(curve))}: \d+ steps; new layers up to 0\.\d+$", shown, re.MULTILINE)
    assert bars.exists()
    assert curve.exists()
    assert not run.exists(), "nothing was trained"


def test_the_range_test_suggests_settings(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "rates.png"
    assert main(["train", tiny, "train.batch_size=4", "--find-rate", str(picture)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"rates.png: \d+ rates up to \S+; suggested: train.learning_rate=0\.\d+$", shown.strip())
    assert picture.exists()


def test_a_sampler_that_the_task_cannot_serve_is_refused(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", tiny, "train.sampler=weighted", "--plot-samplers", str(tmp_path / "x.png")]) == 2
    assert "train.sampler.by: is 'class', but the examples of this task have no class" in capsys.readouterr().err

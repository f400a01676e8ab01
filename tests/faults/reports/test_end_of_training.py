"""`train` says what it does after the last step, and what to type next."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import spanloom.engine.run
from spanloom.engine.report import EpochReport, Report, StepReport
from spanloom.engine.run import run_training
from spanloom.nn.storage import store
from spanloom.run.cli import main
from tests.engine import toy

STAGE = "Trained; drawing plots, writing the model card."
CALIBRATING = "Trained; calibrating on dev, drawing plots, writing the model card."


def test_train_ends_with_the_next_command(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spanloom.engine.run, "draw_plots", lambda lines, folder: [])
    tiny, run = repository / "src" / "spanloom" / "tasks" / "tag" / "tiny.toml", tmp_path / "my run"
    assert main(["train", str(tiny), "--output", str(run), "train.epochs=1"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[1:] == [
        f"Next: spanloom predict -m '{run}' \"Your text.\"",
        f"      spanloom evaluate '{run}' DATA",
        f"      spanloom export '{run}' --output BUNDLE",
    ]
    assert CALIBRATING in told.err
    words = shlex.split(told.out.splitlines()[1].removeprefix("Next: spanloom "))
    assert main(words) == 0, "what is said can be typed"


def test_the_stage_is_said_between_the_last_step_and_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def listen(report: Report) -> None:
        if not isinstance(report, StepReport):
            order.append("epoch" if isinstance(report, EpochReport) else getattr(report, "text", ""))

    monkeypatch.setattr(spanloom.engine.run, "draw_plots", lambda lines, folder: order.append("plots"))
    task = replace(toy.TASK, calibrate=lambda examples, answers, codec: order.append("calibrates") or codec)
    for name, chosen, config in (
        ("fitted", task, toy.settings(tmp_path, epochs=1)),
        ("plain", toy.TASK, toy.settings(tmp_path, epochs=1)),
        ("without dev", task, toy.settings(tmp_path, epochs=1, dev=False)),
    ):
        order.clear()
        run_training(chosen, config, tmp_path / name, on_report=listen, device=torch.device("cpu"))
        after = order[order.index("epoch") + 1 :]
        assert after == ([CALIBRATING, "calibrates", "plots"] if name == "fitted" else [STAGE, "plots"])


def test_a_plot_that_cannot_be_drawn_does_not_hide_why_the_training_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(lines: object, folder: Path) -> None:
        store(tmp_path / "dev.txt" / "plot.png", b"")  # a file where a folder would be

    def fall(report: Report) -> None:
        if isinstance(report, StepReport):
            raise RuntimeError("the step's own fault")

    monkeypatch.setattr(spanloom.engine.run, "draw_plots", fail)
    with pytest.raises(RuntimeError, match="the step's own fault"):
        run_training(toy.TASK, toy.settings(tmp_path), tmp_path / "run", on_report=fall, device=torch.device("cpu"))

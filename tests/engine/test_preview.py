"""What can be seen of a run before it: the pictures, the numbers beside them, and that nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spanloom.engine.preview import find_rate, preview_samplers, preview_schedule
from spanloom.engine.report import Report, StepReport
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError, DataError
from tests.engine import toy
from tests.engine.test_training import CPU


def silent(report: Report) -> None:
    pass


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


def test_samplers_are_drawn(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, sampler="windows")
    costs = preview_samplers(toy.TASK, config, tmp_path / "new" / "s.png", silent)
    assert [cost.sampler for cost in costs] == ["buckets", "sequential", "shuffled", "breakpoints", "kmeans", "windows"]
    assert is_picture(tmp_path / "new" / "s.png")
    assert files(tmp_path) == {"train.txt", "dev.txt", "new/s.png"}


@pytest.mark.parametrize("schedule", ["linear", "onecycle"])
def test_the_schedule_is_the_one_of_the_run(tmp_path: Path, schedule: str, without_pictures: None) -> None:
    config = toy.settings(tmp_path, schedule=schedule, encoder_learning_rate=0.001)
    shown = preview_schedule(toy.TASK, config, tmp_path / "c.png", silent)
    assert is_picture(tmp_path / "c.png")
    reports: list[Report] = []
    run_training(toy.TASK, config, tmp_path / "run", False, reports.append, CPU)
    rates = [report.learning_rate for report in reports if isinstance(report, StepReport)]
    assert (shown.steps, shown.highest["new layers"]) == (len(rates), pytest.approx(max(rates)))
    assert shown.highest["pretrained encoder"] == pytest.approx(max(rates) / 10)
    assert shown.note == ""


def test_a_schedule_that_heeds_dev_says_what_is_not_drawn(tmp_path: Path) -> None:
    shown = preview_schedule(toy.TASK, toy.settings(tmp_path, schedule="bold"), tmp_path / "c.png", silent)
    assert shown.note == "; what the dev scores will change is not drawn"


def test_a_rate_is_found_for_both_parts(tmp_path: Path) -> None:
    config = toy.settings(tmp_path, learning_rate=0.02, encoder_learning_rate=0.01)
    seen: list[Report] = []
    test = find_rate(toy.TASK, config, tmp_path / "r.png", seen.append, CPU)
    assert is_picture(tmp_path / "r.png")
    assert files(tmp_path) == {"train.txt", "dev.txt", "r.png"}
    assert test.steps == len([report for report in seen if isinstance(report, StepReport)])
    assert test.settings["train.encoder_learning_rate"] == pytest.approx(test.settings["train.learning_rate"] / 2)
    again = find_rate(toy.TASK, config, tmp_path / "r.png", silent, CPU)
    assert again == test, "the same seed, the same test"


@pytest.mark.parametrize("show", [preview_samplers, preview_schedule, find_rate])
def test_settings_and_data_are_checked_as_for_a_run(tmp_path: Path, show: Callable[..., Any]) -> None:
    config = toy.settings(tmp_path)
    with pytest.raises(ConfigError, match=r"train.subset: is 0.0; a part in 0..1"):
        show(toy.TASK, replace(config, train=replace(config.train, subset=0.0)), tmp_path / "x.png", silent)
    (tmp_path / "train.txt").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"train.txt: no example with a gold answer"):
        show(toy.TASK, config, tmp_path / "x.png", silent)
    assert not (tmp_path / "x.png").exists()

from __future__ import annotations

import argparse
from typing import Any

import pytest
import transfer as benchmark

from spanloom.config import load_config
from spanloom.tasks import find_task


def run(arm: str, seed: int, score: float, size: int = 100) -> dict[str, Any]:
    return {"arm": arm, "size": size, "seed": seed, "score": score, "interval": [0.0, 1.0], "seconds": 9.0}


def test_the_interval_is_student_s() -> None:
    mean, reach = benchmark.mean_and_reach([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert reach == pytest.approx(4.3027 / 3**0.5, rel=1e-4)  # t of 0.975 with two degrees of freedom, from a table
    assert benchmark.mean_and_reach([5.0]) == (5.0, float("inf"))


def test_gains_are_of_the_same_seed() -> None:
    """Seeds differ much, gains little: the interval of the gain is that of the differences."""
    runs = [run("without", seed, score) for seed, score in enumerate((0.40, 0.50, 0.60))]
    runs += [run("frozen", seed, score) for seed, score in enumerate((0.45, 0.55, 0.65))]
    runs += [run("without", 0, 0.8, size=benchmark.ALL), run("fine-tuned", 0, 0.79, size=benchmark.ALL)]
    lines = benchmark.table({"runs": runs})
    assert lines[2] == "| 100 | 50.0 ± 24.8 | 55.0 ± 24.8 | +5.0 ± 0.0 |  |  | 3 |"
    assert lines[3] == "| all | 80.0 |  |  | 79.0 | -1.0 | 1 |"
    assert len(lines) == 4


@pytest.mark.parametrize("name", benchmark.SETS)
def test_every_setting_is_known(name: str) -> None:
    for arm in benchmark.ARMS.values():
        settings = [*benchmark.SETS[name].settings, *arm]
        file = benchmark.CONFIGS / f"{benchmark.SETS[name].config}.toml"
        config = load_config(file, settings, lambda task: find_task(task).config)
        assert config.model.encoder.kind == arm[0].rpartition("=")[2]
    models = load_config(benchmark.CONFIGS / f"{name}-language-model.toml", [], lambda task: find_task(task).config)
    assert models.task == "language_model"


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no size 7; there are 100, 1000 and all"):
        benchmark.sizes("100,7")
    with pytest.raises(argparse.ArgumentTypeError, match="no data set 'nyt'; there are conll03, polarity"):
        benchmark.names("nyt")
    assert benchmark.sizes("100,all") == [100, benchmark.ALL]

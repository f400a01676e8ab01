from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spanloom.config import RunConfig
from spanloom.contracts import Task
from spanloom.engine.encoded import Encoded, Prepared
from spanloom.engine.rates import HIGHEST, LOWEST, loss_of, smooth, suggest_rate, try_rates
from spanloom.engine.report import StepReport
from spanloom.engine.state import Training
from spanloom.engine.trainer import build_trainer
from spanloom.errors import ConfigError
from tests.engine import toy


def started(config: RunConfig, task: Task = toy.TASK, steps: int = 30) -> tuple[Training, Iterator[StepReport]]:
    examples = toy.examples(20)
    codec = toy.TASK.fit(examples, None)
    data = Encoded(examples, [codec.encode(example) for example in examples])
    prepared = Prepared(task, config, codec, data)
    trainer = build_trainer(prepared, torch.device("cpu"))
    return trainer.state, try_rates(prepared, trainer, steps)


def test_rates_rise_in_equal_ratios_and_the_encoder_keeps_its_own(tmp_path: Path) -> None:
    state, reports = started(toy.settings(tmp_path, optimizer="adamw", encoder_learning_rate=0.001))
    rates = []
    for report in reports:
        rates.append(report.learning_rate)
        new, encoder = (
            next(group["lr"] for group in state.optimizer.param_groups if group["part"] == part)
            for part in ("new layers", "pretrained encoder")
        )
        assert (new, encoder) == pytest.approx((rates[-1], rates[-1] / 10))
    assert rates == pytest.approx(np.geomspace(LOWEST, HIGHEST, 30)[: len(rates)])
    assert len(rates) > 20


def test_it_goes_on_over_epochs_up_to_its_last_step(tmp_path: Path) -> None:
    task = replace(
        toy.TASK, losses=lambda o, t: {"letters": 0 * o["logits"].sum() + 1, "vowels": o["logits"].sum() * 0}
    )
    _, reports = started(toy.settings(tmp_path), task, 8)
    assert [(report.step, report.epoch) for report in reports] == [(n, (n + 2) // 3) for n in range(1, 9)]


def failing_at(step: int, loss: float) -> Task:
    """The toy task, whose loss is 1 an item until it is `loss` at the given micro-batch, counted from 0."""
    seen = []

    def losses(outputs: Any, targets: Any) -> Any:
        seen.append(1)
        value = loss if len(seen) > step else 1.0
        return {"letters": 0 * outputs["logits"].sum() + value * targets["mask"].sum(), "vowels": torch.zeros(())}

    return replace(toy.TASK, losses=losses)


@pytest.mark.parametrize(("loss", "steps"), [(math.nan, 6), (math.inf, 6), (1000.0, 7)])
def test_it_ends_where_the_loss_blows_up(tmp_path: Path, loss: float, steps: int) -> None:
    _, reports = started(toy.settings(tmp_path, accumulate=1), failing_at(6, loss))
    assert len(list(reports)) == steps


def test_a_loss_that_never_was_a_number_is_an_error(tmp_path: Path) -> None:
    _, reports = started(toy.settings(tmp_path), failing_at(0, math.nan))
    with pytest.raises(ConfigError, match=r"^step 1 .* the loss 'letters' is nan"):
        list(reports)


def test_rates_of_nothing_are_refused(tmp_path: Path) -> None:
    _, reports = started(toy.settings(tmp_path, learning_rate=0.0, encoder_learning_rate=0.0))
    with pytest.raises(ConfigError, match=r"train.learning_rate: is 0; a rate above 0"):
        list(reports)


def test_smoothing_by_hand_and_without_a_lag() -> None:
    line = np.arange(20.0)
    assert smooth(line)[5:-5] == pytest.approx(line[5:-5])
    assert smooth([3.0, 3.0]) == pytest.approx([3.0, 3.0])
    weights = np.array([6, 5, 4, 3, 2, 1])
    assert smooth([1.0, *[0.0] * 9])[0] == pytest.approx(6 / weights.sum())


def test_the_suggested_rate_is_where_three_quarters_of_the_fall_are_done() -> None:
    rates = np.geomspace(1e-6, 1, 61)  # ten to the decade
    losses = np.interp(np.log10(rates), [-6, -4, -2, -1, 0], [10, 10, 2, 2, 40])
    suggested = suggest_rate(rates.tolist(), losses.tolist())
    assert suggested is not None
    assert math.log10(suggested) == pytest.approx(-2.5, abs=0.15)
    assert suggest_rate(rates.tolist(), rates.tolist()) is None


def test_a_real_model_gets_a_rate_that_trains_it(tmp_path: Path) -> None:
    _, reports = started(toy.settings(tmp_path, warmup=0.0), steps=100)
    pairs = [(report.learning_rate, loss_of(report)) for report in reports]
    suggested = suggest_rate([rate for rate, _ in pairs], [loss for _, loss in pairs])
    assert suggested is not None
    assert 1e-3 < suggested < 1

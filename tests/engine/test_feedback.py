"""The schedules that heed dev scores, against torch, by hand, and over a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from spanloom.config import TrainConfig, schedules
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.feedback import heed_score
from spanloom.engine.report import EpochReport, Report, StepReport
from spanloom.engine.run import Interrupted, run_training
from spanloom.engine.state import Training, begin
from tests.choices import train_config
from tests.engine import toy
from tests.engine.test_training import CPU, ctrl_c_at, scoring

SCORES = [0.1, 0.3, 0.3, 0.2, 0.3, 0.31, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]


def heed(state: Training, config: TrainConfig, score: float) -> str:
    """As the loop does: the score is heeded, then remembered if it is the best."""
    note = heed_score(state, config, score)
    if state.best_score is None or score > state.best_score:
        state.best_score = score
    return note


@pytest.mark.parametrize("patience", [0, 1, 2, 5])
def test_plateau_is_that_of_torch(patience: int) -> None:
    config = TrainConfig(schedule=schedules.Plateau(patience=patience, gamma=0.3, final=0.02))
    state = begin(toy.ToyModel(4, 2, 0.0), config)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, "max", factor=0.3, patience=patience, threshold=0.0, threshold_mode="abs", min_lr=0.02
    )
    for score in SCORES:
        heed(state, config, score)
        peer.step(score)
        assert state.factor == pytest.approx(optimizer.param_groups[0]["lr"])


def test_plateau_says_when_it_lowers_the_rate() -> None:
    config = TrainConfig(schedule=schedules.Plateau(patience=1, gamma=0.5, final=0.5))
    state = begin(toy.ToyModel(4, 2, 0.0), config)
    notes = [heed(state, config, 0.5) for _ in range(6)]
    assert notes == ["", "", "learning rate lowered to 0.5 of its peak", "", "", ""]


def one_step(state: Training) -> None:
    for weight in state.model.parameters():
        weight.grad = torch.ones_like(weight) * (state.step + 1)
    state.optimizer.step()
    assert state.average is not None
    state.average.update(state.step)
    state.step += 1


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_the_bold_driver_by_hand(optimizer: Any) -> None:
    config = train_config(schedule="bold", optimizer=optimizer)
    torch.manual_seed(0)
    state = begin(toy.ToyModel(4, 2, 0.0), config)
    seen: list[dict[str, Tensor]] = []
    factors, notes = [], []
    for score in (0.5, 0.6, 0.55, 0.6, 0.58, 0.7):
        one_step(state)
        notes.append(heed(state, config, score))
        seen.append({name: tensor.clone() for name, tensor in state.tensors().items()})
        factors.append(state.factor)
    # First score; better; worse; equal; worse; better.
    assert factors == pytest.approx([1, 1.05, 1.05 / 2, 1.05 / 2, 1.05 / 4, 1.05**2 / 4])
    assert notes[2] == "worse: back to the weights before, learning rate halved to 0.525 of its peak"
    assert [bool(note) for note in notes] == [False, False, True, False, True, False]
    assert toy.same_bits(seen[2], seen[1])
    assert toy.same_bits(seen[4], seen[1])
    assert not toy.same_bits(seen[3], seen[1])
    assert state.step == 6, "what was undone counts as done: the order of the data goes on"


def test_going_back_is_as_if_the_steps_had_not_been() -> None:
    """Restored twice from one snapshot, which the steps in between must not touch; the next step is the same."""
    torch.manual_seed(0)
    state = begin(toy.ToyModel(4, 2, 0.0), TrainConfig())
    one_step(state)
    kept = {name: tensor.detach().clone() for name, tensor in state.tensors().items()}
    after = []
    for _ in range(2):
        state.put_back(kept)
        state.step = 1
        one_step(state)
        after.append({name: tensor.clone() for name, tensor in state.tensors().items()})
        one_step(state)
    assert toy.same_bits(*after)


@pytest.mark.parametrize(("schedule", "optimizer"), [("plateau", "adamw"), ("bold", "adamw"), ("bold", "sgd")])
def test_a_resumed_run_heeds_its_scores_to_the_same_bits(
    tmp_path: Path, schedule: str, optimizer: str, without_pictures: None
) -> None:
    """Three updates an epoch; the third epoch is worse than the second, so that 7 and 9 stop around the change."""
    scores = [0.3, 0.6, 0.5, 0.55, 0.7, 0.1]
    chosen = {"kind": "plateau", "patience": 0} if schedule == "plateau" else schedule
    config = toy.settings(tmp_path, epochs=6, schedule=chosen, optimizer=optimizer)
    run_training(scoring(*scores), config, tmp_path / "whole", device=CPU)
    whole = read_checkpoint(tmp_path / "whole")
    assert whole.about["factor"] < 1
    assert any(name.startswith("previous/") for name in whole.tensors) == (schedule == "bold")
    for stop in (4, 7, 9, 17):
        output = tmp_path / f"parts-{stop}"
        with pytest.raises(Interrupted):
            run_training(scoring(*scores), config, output, False, ctrl_c_at(stop), CPU)
        left = scores[read_checkpoint(output).about["epoch"] - 1 :]
        torch.manual_seed(99)
        run_training(scoring(*left), config, output, True, device=CPU)
        parts = read_checkpoint(output)
        assert whole.about == parts.about
        assert toy.same_bits(whole.tensors, parts.tensors)


def test_a_run_reports_the_rates_that_it_was_given(tmp_path: Path, without_pictures: None) -> None:
    config = toy.settings(tmp_path, epochs=4, schedule="bold", warmup=0.0)
    reports: list[Report] = []
    run_training(scoring(0.3, 0.6, 0.5, 0.55), config, tmp_path / "run", False, reports.append, CPU)
    rates = [report.learning_rate for report in reports if isinstance(report, StepReport)]
    expected = [0.01] * 6 + [0.0105] * 3 + [0.00525] * 3
    assert rates == pytest.approx(expected)
    notes = [report.note for report in reports if isinstance(report, EpochReport)]
    assert [note[:5] for note in notes] == ["", "", "worse", "worse"]

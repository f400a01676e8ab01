from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from spanloom.config import TrainConfig, kinds_of
from spanloom.engine.schedule import ON_DEV, build_schedule
from tests.choices import train_config

SCHEDULES = list(kinds_of(TrainConfig, "schedule"))


def factors(total: int, kind: str = "linear", warmup: float = 0.0, **settings: Any) -> list[float]:
    factor = build_schedule(train_config(schedule={"kind": kind, **settings}, warmup=warmup))
    return [factor(step, total) for step in range(total)]


def test_hand_values() -> None:
    factor = build_schedule(TrainConfig(warmup=0.2))
    found = [factor(step, 10) for step in range(11)]
    assert found == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0.0])


def test_it_falls_to_the_final_part_and_stays_there() -> None:
    for schedule in ("linear", "cosine", "onecycle"):
        factor = build_schedule(train_config(schedule={"kind": schedule, "final": 0.5}, warmup=0.0))
        assert factor(5, 10) == pytest.approx(0.75)
        assert factor(10, 10) == 0.5
        assert factor(99, 10) == 0.5


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("total", "warmup"), [(1, 0.0), (1, 1.0), (3, 1.0), (7, 0.1)])
def test_no_step_of_a_run_is_wasted_and_none_exceeds_the_peak(schedule: str, total: int, warmup: float) -> None:
    assert all(0 < factor <= 1 for factor in factors(total, schedule, warmup))


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "onecycle"])
def test_every_other_schedule_begins_with_the_same_warm_up(schedule: str) -> None:
    assert factors(40, schedule, 0.1)[:4] == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("schedule", ["constant", *ON_DEV])
def test_constant_stays_at_the_peak(schedule: str) -> None:
    assert factors(10, schedule, 0.2) == [0.5] + [1.0] * 9


def test_steps_by_hand() -> None:
    assert factors(8, "step", gamma=0.5, every=0.25) == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    assert factors(8, "multistep", gamma=0.1, milestones=(0.5, 0.75)) == pytest.approx([1] * 4 + [0.1] * 2 + [0.01] * 2)
    assert factors(3, "step", every=0.01) == [1, 0.5, 0.25], "no more than once a step"


def of_torch(total: int, scheduler: Callable[[torch.optim.Optimizer], Any], peak: float = 1.0) -> list[float]:
    """What one of torch's schedulers makes of a peak learning rate of 1, as parts of the peak."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=peak)
    chosen, found = scheduler(optimizer), []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        chosen.step()
    return found


@pytest.mark.parametrize(
    ("settings", "scheduler"),
    [
        ({"kind": "step", "gamma": 0.3, "every": 0.2}, lambda o: lr_scheduler.StepLR(o, 8, 0.3)),
        (
            {"kind": "multistep", "gamma": 0.3, "milestones": (0.25, 0.5, 0.9)},
            lambda o: lr_scheduler.MultiStepLR(o, [10, 20, 36], 0.3),
        ),
        (
            {"kind": "exponential", "gamma": 0.3, "every": 0.25},
            lambda o: lr_scheduler.ExponentialLR(o, 0.3 ** (1 / 10)),
        ),
        (
            {"kind": "linear", "final": 0.2},
            lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=40),
        ),
        (
            {"kind": "cosine", "final": 0.2},
            lambda o: lr_scheduler.CosineAnnealingLR(o, 40, eta_min=0.2),
        ),
        ({"kind": "polynomial", "power": 3.0}, lambda o: lr_scheduler.PolynomialLR(o, 40, power=3.0)),
        ({"kind": "constant"}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        (
            # Torch counts the last step of each phase in, so that its 41 steps are our 40 and the end.
            {"kind": "onecycle", "warmup": 0.25, "start": 0.1, "final": 0.01},
            lambda o: lr_scheduler.OneCycleLR(
                o, 1.0, total_steps=41, pct_start=11 / 41, div_factor=10, final_div_factor=10, cycle_momentum=False
            ),
        ),
    ],
)
def test_the_pure_ones_are_those_of_torch(settings: dict[str, Any], scheduler: Callable[[Any], Any]) -> None:
    assert factors(40, **settings) == pytest.approx(of_torch(40, scheduler), rel=1e-9)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "polynomial"])
def test_a_warm_up_then_the_rest_is_torch_in_sequence(schedule: str) -> None:
    def sequence(optimizer: torch.optim.Optimizer) -> Any:
        after = {
            "linear": lambda: lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=32),
            "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, 32),
            "polynomial": lambda: lr_scheduler.PolynomialLR(optimizer, 32, power=2.0),
        }[schedule]()
        rise = lr_scheduler.LinearLR(optimizer, 1 / 8, 1.0, total_iters=7)
        return lr_scheduler.SequentialLR(optimizer, [rise, after], [8])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # SequentialLR steps its parts by a form it deprecates itself
        expected = of_torch(40, sequence)
    assert factors(40, schedule, 0.2) == pytest.approx(expected, rel=1e-9)

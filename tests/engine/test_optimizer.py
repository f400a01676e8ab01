from __future__ import annotations

import pytest
import torch

from spanloom.config import TrainConfig
from spanloom.engine.average import WeightAverage
from spanloom.engine.optimizer import build_optimizer, set_learning_rate
from tests.engine import toy


def test_each_weight_has_its_learning_rate_and_decay() -> None:
    model = toy.ToyModel(10, 4, 0.0)
    model.gru.weight_hh_l0.requires_grad_(False)
    optimizer = build_optimizer(model, TrainConfig(learning_rate=0.1, encoder_learning_rate=0.01, weight_decay=0.5))
    found = {
        name: (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for weight in group["params"]
        for name, own in model.named_parameters()
        if own is weight
    }
    assert found == {
        "embed.weight": (0.01, 0.5),
        "gru.weight_ih_l0": (0.1, 0.5),
        "gru.bias_ih_l0": (0.1, 0.0),
        "gru.bias_hh_l0": (0.1, 0.0),
        "out.weight": (0.1, 0.5),
        "out.bias": (0.1, 0.0),
    }


def test_the_factor_multiplies_both_peaks_and_does_not_pile_up() -> None:
    model = toy.ToyModel(10, 4, 0.0)
    optimizer = build_optimizer(model, TrainConfig(learning_rate=0.1, encoder_learning_rate=0.01))
    set_learning_rate(optimizer, 0.25)
    assert set_learning_rate(optimizer, 0.5) == pytest.approx(0.05)
    assert {group["lr"] for group in optimizer.param_groups} == {0.05, 0.005}


def test_the_average_by_hand() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    average = WeightAverage(model, 0.15)
    for step, value in enumerate((2.0, 3.0, 5.0)):
        with torch.no_grad():
            model.weight.fill_(value)
        average.update(step)
    # Decay: min(.15, 1/10), min(.15, 2/11), min(.15, 3/12).
    first = 0.1 * 1 + 0.9 * 2
    second = 0.15 * first + 0.85 * 3
    assert float(average.weights["weight"]) == pytest.approx(0.15 * second + 0.85 * 5)


def test_the_average_is_lent_to_the_model_and_taken_back_even_after_an_error() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    average = WeightAverage(model, 0.9)
    averaged = model.weight.item()
    with torch.no_grad():
        model.weight.add_(1.0)
    inside: list[float] = []

    def fail() -> None:
        with average.applied():
            inside.append(model.weight.item())
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        fail()
    assert inside == [averaged]
    assert model.weight.item() == pytest.approx(averaged + 1)

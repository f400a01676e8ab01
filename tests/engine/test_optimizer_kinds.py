"""Each optimizer's first steps by hand, the rates of an encoder's layers, and resuming with each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from spanloom.config import TrainConfig
from spanloom.engine.checkpoint import read_checkpoint
from spanloom.engine.optimizer import build_optimizer
from spanloom.engine.run import Interrupted, run_training
from spanloom.errors import ConfigError
from spanloom.nn.model import Model
from tests.choices import train_config
from tests.engine import toy
from tests.engine.test_training import CPU, ctrl_c_at

KINDS = ["adamw", "adam", "sgd", "rmsprop"]
RATE, DECAY = 0.1, 0.5


def by_hand(kind: str, weight: float, gradients: list[float], momentum: float) -> float:
    """One weight after some updates, each formula as its paper has it."""
    first = second = 0.0
    for step, plain in enumerate(gradients, 1):
        gradient = plain if kind == "adamw" else plain + DECAY * weight
        if kind == "adamw":
            weight -= RATE * DECAY * weight
        if kind in ("adamw", "adam"):
            first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            weight -= RATE * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)) ** 0.5 + 1e-8)
        elif kind == "rmsprop":
            second = 0.99 * second + 0.01 * gradient**2
            weight -= RATE * gradient / (second**0.5 + 1e-8)
        else:
            first = gradient if step == 1 else momentum * first + gradient
            weight -= RATE * first
    return weight


def chosen(kind: str, momentum: float) -> Any:
    return {"kind": kind, "momentum": momentum} if kind == "sgd" else kind


@pytest.mark.parametrize(("kind", "momentum"), [*((kind, 0.0) for kind in KINDS), ("sgd", 0.8)])
def test_three_updates_by_hand(kind: Any, momentum: float) -> None:
    model = Line(1, 1, bias=False).double()
    with torch.no_grad():
        model.weight.fill_(0.7)
    settings = train_config(optimizer=chosen(kind, momentum), learning_rate=RATE, weight_decay=DECAY)
    optimizer = build_optimizer(model, settings)
    gradients = [0.3, -0.2, 0.5]
    for gradient in gradients:
        model.weight.grad = torch.full_like(model.weight, gradient)
        optimizer.step()
    assert model.weight.item() == pytest.approx(by_hand(kind, 0.7, gradients, momentum), rel=1e-9)


@pytest.mark.parametrize(("kind", "momentum"), [*((kind, 0.9) for kind in KINDS), ("sgd", 0.0)])
def test_a_resumed_run_goes_on_to_the_same_bits(
    tmp_path: Path, kind: str, momentum: float, without_pictures: None
) -> None:
    config = toy.settings(tmp_path, optimizer=chosen(kind, momentum))
    run_training(toy.TASK, config, tmp_path / "whole", device=CPU)
    with pytest.raises(Interrupted):
        run_training(toy.TASK, config, tmp_path / "parts", on_report=ctrl_c_at(4), device=CPU)
    run_training(toy.TASK, config, tmp_path / "parts", resume=True, device=CPU)
    whole, parts = (read_checkpoint(tmp_path / name) for name in ("whole", "parts"))
    assert whole.about == parts.about
    assert toy.same_bits(whole.tensors, parts.tensors)
    stateful = kind != "sgd" or momentum > 0
    assert any(name.startswith("optimizer/") for name in whole.tensors) == stateful


class Line(Model, nn.Linear):
    """One weight."""


class Layered(Model):
    """An encoder with the parameter names of a BERT, below a new head."""

    pretrained_prefixes = ("bert.",)

    def __init__(self, layers: int = 3) -> None:
        super().__init__()
        blocks = nn.ModuleList(nn.Linear(2, 2) for _ in range(layers))
        parts = {
            "embeddings": nn.Embedding(3, 2),
            "encoder": nn.ModuleDict({"layer": blocks}),
            "pooler": nn.Linear(2, 2),
        }
        self.bert = nn.ModuleDict(parts)
        self.head = nn.Linear(2, 2)


def peaks(model: nn.Module, config: TrainConfig) -> dict[str, tuple[float, float, str]]:
    def key(group: dict[str, Any], weight: Tensor) -> str:
        return next(name for name, own in model.named_parameters() if own is weight)

    return {
        key(group, weight): (group["peak"], group["weight_decay"], group["part"])
        for group in build_optimizer(model, config).param_groups
        for weight in group["params"]
    }


def test_each_layer_learns_slower_than_the_one_above() -> None:
    model = Layered()
    for weight in model.bert["embeddings"].parameters():
        weight.requires_grad_(False)
    config = TrainConfig(learning_rate=1.0, encoder_learning_rate=0.1, weight_decay=0.3, layer_decay=0.5)
    found = peaks(model, config)
    assert "bert.embeddings.weight" not in found
    model.bert["embeddings"].requires_grad_(True)
    found = peaks(model, config)
    rates = {name: peak for name, (peak, _, _) in found.items() if name.endswith("weight")}
    assert rates == pytest.approx(
        {
            "head.weight": 1.0,
            "bert.pooler.weight": 0.1,
            "bert.encoder.layer.2.weight": 0.1,
            "bert.encoder.layer.1.weight": 0.05,
            "bert.encoder.layer.0.weight": 0.025,
            "bert.embeddings.weight": 0.0125,
        }
    )
    assert found["bert.encoder.layer.1.weight"] == (0.05, 0.3, "pretrained encoder, 1 below the top")
    assert found["bert.encoder.layer.1.bias"] == (0.05, 0.0, "pretrained encoder, 1 below the top")
    assert found["head.bias"] == (1.0, 0.0, "new layers")


def test_a_decay_of_one_is_two_learning_rates_as_ever() -> None:
    assert {part for _, _, part in peaks(Layered(), TrainConfig()).values()} == {"new layers", "pretrained encoder"}


def test_layer_decay_without_layers_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train.layer_decay: is 0.9, but this model has no pretrained encoder with"):
        build_optimizer(toy.ToyModel(4, 2, 0.0), TrainConfig(layer_decay=0.9))

"""A GPU that runs out of memory: the micro-batch is halved, and the training goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from spanloom.config import RunConfig
from spanloom.engine.report import Notice, Report
from spanloom.engine.run import run_training
from spanloom.errors import ConfigError
from tests.engine import toy
from tests.gpu.runs import little_memory, losses_of, measured

pytestmark = pytest.mark.filterwarnings("default")  # of what would be faster on a GPU, which is no fault

WIDE = {"cpu": 16, "cuda": 2**20}
"""On a GPU so wide that beside it nothing counts that does not grow with the batch: 16 sentences take gigabytes."""


class Wide(toy.ToyModel):
    """What it holds of a batch for the backward pass grows with `wide`."""

    def __init__(self, letters: int, wide: int) -> None:
        super().__init__(letters, 4, 0.0)
        self.wide = wide
        self.spread = nn.Parameter(torch.tensor(0.5))

    def from_vectors(self, vectors: Tensor, mask: Tensor) -> dict[str, Tensor]:
        copies = vectors[..., :1].expand(-1, -1, self.wide)  # [B, T, wide]
        return super().from_vectors(vectors + torch.tanh(copies * self.spread).mean(-1, keepdim=True), mask)


def trained(folder: Path, run: str, device: torch.device, config: RunConfig) -> list[str]:
    """Train a wide toy, and give what was said of memory."""

    def build(config: toy.ToyConfig, codec: toy.ToyCodec, architecture: object = None) -> toy.ToyModel:
        return Wide(len(codec.letters) + 2, WIDE[device.type])

    said: list[str] = []

    def on_report(report: Report) -> None:
        if isinstance(report, Notice) and "memory" in report.text:
            said.append(report.text)

    run_training(replace(toy.TASK, build=build), config, folder / run, on_report=on_report, device=device)
    return said


def test_what_does_not_fit_is_halved_and_the_losses_stay(tmp_path: Path, device: torch.device) -> None:
    config = toy.settings(tmp_path, dev=False, batch_size=16, accumulate=1)
    with measured(device) as peak:
        assert trained(tmp_path, "whole", device, config) == []
    with little_memory(device, 3 * peak[0] // 4):
        said = trained(tmp_path, "parts", device, config)
    if device.type == "cuda":
        [news] = said
        assert news.startswith("Out of memory: 16 examples of up to length ")
    whole, parts = (losses_of(tmp_path / name) for name in ("whole", "parts"))
    assert len(parts) == len(whole) == 4
    for ours, theirs in zip(parts, whole, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


def test_one_sentence_that_does_not_fit_ends_the_run_in_one_sentence(tmp_path: Path, device: torch.device) -> None:
    config = toy.settings(tmp_path, dev=False, batch_size=1, accumulate=1, epochs=1)
    with measured(device) as peak:
        assert trained(tmp_path, "whole", device, config) == []
    if device.type == "cuda":
        message = r"one example of length \d+ does not fit into memory by itself"
        with little_memory(device, peak[0] // 2), pytest.raises(ConfigError, match=message):
            trained(tmp_path, "none", device, config)

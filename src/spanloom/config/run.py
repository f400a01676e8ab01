"""A whole configuration file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spanloom.config.data import DataConfig
from spanloom.config.ranges import Seed
from spanloom.config.settings import setting
from spanloom.config.train import TrainConfig


@dataclass(frozen=True)
class RunConfig:
    """A whole run: which task, on which data, with which model, trained how."""

    task: str = field(metadata={"meaning": "what is trained, see `spanloom tasks`; it has to be given"})
    seed: Seed = setting(0, "what chance is drawn from: first weights, order of the data, dropout, noise")
    data: DataConfig = setting(DataConfig(), "the data, and how their files are read")
    train: TrainConfig = setting(TrainConfig(), "how the model is trained")
    model: Any = None

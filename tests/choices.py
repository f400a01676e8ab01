"""Settings of `[train]` whose choices are written as in a file: a kind alone, or a table with its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spanloom.config import TrainConfig, kinds_of


def with_choices(train: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings with the tables themselves, whatever their values: nothing is checked here."""
    return {name: _table(name, value) for name, value in train.items()}


def _table(name: str, value: Any) -> Any:
    kinds = kinds_of(TrainConfig, name)
    if not kinds or not isinstance(value, (str, dict)):
        return value
    settings = {"kind": value} if isinstance(value, str) else value
    return kinds[settings["kind"]](**settings)


def train_config(**train: Any) -> TrainConfig:
    """A `[train]` table: `train_config(epochs=2, schedule={"kind": "step", "gamma": 0.3})`."""
    return TrainConfig(**with_choices(train))

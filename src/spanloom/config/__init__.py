"""TOML and `key=value` overrides -> frozen dataclasses, parsed once, at the edge; and back to TOML."""

from __future__ import annotations

from spanloom.config.build import build
from spanloom.config.data import DataConfig
from spanloom.config.parse import apply_override, config_from_table, load_config, overridden
from spanloom.config.ranges import Range, check_values
from spanloom.config.run import RunConfig
from spanloom.config.settings import Choice, kinds_of, setting
from spanloom.config.train import AugmentConfig, TrainConfig
from spanloom.config.written import flatten, to_table, to_toml

__all__ = [
    "AugmentConfig",
    "Choice",
    "DataConfig",
    "Range",
    "RunConfig",
    "TrainConfig",
    "apply_override",
    "build",
    "check_values",
    "config_from_table",
    "flatten",
    "kinds_of",
    "load_config",
    "overridden",
    "setting",
    "to_table",
    "to_toml",
]

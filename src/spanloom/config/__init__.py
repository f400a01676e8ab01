"""TOML and `key=value` overrides -> frozen dataclasses, parsed once, at the edge; and back to TOML."""

from __future__ import annotations

from spanloom.config.parse import apply_override, build, config_from_table, load_config
from spanloom.config.ranges import Range, check_values
from spanloom.config.tables import AugmentConfig, DataConfig, EncoderConfig, RunConfig, TrainConfig
from spanloom.config.written import flatten, to_table, to_toml

__all__ = [
    "AugmentConfig",
    "DataConfig",
    "EncoderConfig",
    "Range",
    "RunConfig",
    "TrainConfig",
    "apply_override",
    "build",
    "check_values",
    "config_from_table",
    "flatten",
    "load_config",
    "to_table",
    "to_toml",
]

"""What a program hands over as a configuration: a TOML file, the same tables as a dict, or a `RunConfig`."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.config import DataConfig, RunConfig, build, config_from_table, load_config, overridden, to_table
from spanloom.errors import ConfigError
from spanloom.tasks import find_task

GivenConfig = str | os.PathLike[str] | Mapping[str, Any] | RunConfig

HERE = "configuration"
"""Where an error is of a configuration that is no file."""


def resolved(config: GivenConfig, overrides: Sequence[str] = ()) -> RunConfig:
    """The configuration that is meant, `key=value` overrides on top. Raises ConfigError.

    Relative paths start from the file's folder; of a dict, and in overrides, from the working directory.
    """
    if isinstance(config, RunConfig):
        if not overrides:
            return config
        config = to_table(config)
    if isinstance(config, Mapping):
        return overridden(plain(config), overrides, _of_a_dict)
    if not isinstance(config, (str, os.PathLike)):
        found = f"{reprlib.repr(config)}, of type {type(config).__name__}"
        expected = "the path of a TOML file, a dict of the same tables, or a RunConfig"
        raise ConfigError(HERE, found, expected, "Give one of these.")
    return load_config(Path(config), overrides, _model_type)


def data_settings(given: Mapping[str, Any] | DataConfig | None) -> DataConfig:
    """How data are read: the `[data]` table as a dict, or its defaults. Raises ConfigError."""
    if isinstance(given, DataConfig):
        return given
    return build(DataConfig, plain(given or {}), HERE, Path.cwd(), "data.")


def plain(table: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a table with what TOML has no values for as what it would be written as; a None is left out."""
    return {key: _plain(value) for key, value in table.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _of_a_dict(table: Mapping[str, Any]) -> RunConfig:
    return config_from_table(table, HERE, Path.cwd(), _model_type)


def _model_type(task: str) -> type:
    return find_task(task).config

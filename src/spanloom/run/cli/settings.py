"""`key=value` arguments of the commands that read no configuration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from spanloom.config import DataConfig, RunConfig, build, config_from_table, overridden
from spanloom.run.cli.completion import complete_setting

Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]…", help="Settings, such as data.encoding=gb18030.", autocompletion=complete_setting
    ),
]


class Device(StrEnum):
    """The choices of `--device`."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Look(StrEnum):
    """The choices of `--second-look`."""

    auto = "auto"
    all = "all"
    off = "off"


SecondLook = Annotated[
    Look,
    typer.Option(
        "--second-look",
        help="Of a long text, score pairs of distant mentions again: as far apart as training had them, all, or none.",
    ),
]


@dataclass(frozen=True)
class OnlyData:
    data: DataConfig = field(default_factory=DataConfig)


def run_config(task: str, settings: Sequence[str]) -> RunConfig:
    """The configuration of a task with these settings and defaults elsewhere. Raises ConfigError."""
    from spanloom.tasks import find_task

    def build_from(table: Mapping[str, Any]) -> RunConfig:
        return config_from_table(table, "command line", Path.cwd(), lambda name: find_task(name).config)

    return overridden({"task": task}, settings, build_from)


def data_config(settings: Sequence[str]) -> DataConfig:
    """The `data.` settings alone. Raises ConfigError for any other key."""
    return overridden({}, settings, lambda table: build(OnlyData, table, "command line", Path.cwd())).data

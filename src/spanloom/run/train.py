"""Train a model from a configuration file: the edge where files and arguments become a `RunConfig`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spanloom.config import RunConfig, load_config
from spanloom.errors import MissingExtra
from spanloom.tasks import find_task


def train(
    config: str | Path | RunConfig,
    output: str | Path,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> dict[str, Any]:
    """Train the model that a TOML file (or a `RunConfig`) describes, into the run folder `output`.

    Returns the scorecard of the weights that were kept, empty where there is no dev data. overrides: `key=value`
    settings over the file's. resume: go on from the last checkpoint in `output`. Progress goes to standard error.
    Raises ConfigError, DataError or CheckpointError for what the user can mend, MissingExtra without torch, and
    KeyboardInterrupt, saying how to resume, once Ctrl-C was answered by a checkpoint.
    """
    if not isinstance(config, RunConfig):
        config = load_config(Path(config), overrides, lambda name: find_task(name).config)
    try:
        from spanloom.engine.progress import ConsoleProgress
        from spanloom.engine.run import Interrupted, run_training
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("spanloom"):
            raise
        raise MissingExtra("Training", "train") from error
    try:
        with ConsoleProgress() as show:
            return run_training(find_task(config.task), config, Path(output), resume, on_report=show)
    except Interrupted as stopped:
        raise KeyboardInterrupt(str(stopped)) from stopped

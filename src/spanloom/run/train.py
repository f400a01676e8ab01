"""Train a model from a configuration file: the edge where files and arguments become a `RunConfig`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanloom.errors import MissingExtra
from spanloom.run.user_config import Given, resolved
from spanloom.tasks import find_task
from spanloom.write.notebook import ShownScorecard

if TYPE_CHECKING:
    from spanloom.batch.padding import SamplerCost
    from spanloom.engine.preview import RangeTest, Schedule


def train(
    config: Given,
    output: str | Path,
    overrides: Sequence[str] = (),
    resume: bool = False,
) -> ShownScorecard:
    """Train the model that a TOML file, or a dict of the same tables, describes, into the run folder `output`.

    Returns the scorecard of the weights that were kept, empty where there is no dev data. Relative paths in a file
    start from its folder, in a dict from the working directory. overrides: `key=value` settings over the others.
    resume: go on from the last checkpoint in `output`. Progress goes to standard error.
    Raises ConfigError, DataError or CheckpointError for what the user can mend, MissingExtra without torch, and
    KeyboardInterrupt, saying how to resume, once Ctrl-C was answered by a checkpoint.

    Where torchrun or `accelerate launch` started several processes, they train together and return the same.
    """
    config = resolved(config, overrides)
    with _training_packages():
        from spanloom.engine.processes import join_processes, read_launch
        from spanloom.engine.progress import ConsoleProgress
        from spanloom.engine.run import Interrupted, run_training
    launch = read_launch(os.environ)
    try:
        with join_processes(launch) as device, ConsoleProgress() if launch.rank == 0 else nullcontext() as show:
            told = {} if show is None else {"on_report": show}
            return ShownScorecard(
                run_training(find_task(config.task), config, Path(output), resume, device=device, **told)
            )
    except Interrupted as stopped:
        raise KeyboardInterrupt(str(stopped)) from stopped


def is_first_process() -> bool:
    """Whether this process is the one of its training that speaks and writes: with one process, it is."""
    with _training_packages():
        from spanloom.engine.processes import read_launch
    return read_launch(os.environ).rank == 0


def plot_samplers(config: Given, picture: Path, overrides: Sequence[str] = ()) -> list[SamplerCost]:
    """Draw how much padding every sampler would cost on the training data. Trains nothing; raises as `train` does."""
    return _preview("preview_samplers", config, picture, overrides)  # type: ignore[no-any-return]


def plot_schedule(config: Given, picture: Path, overrides: Sequence[str] = ()) -> Schedule:
    """Draw the learning rates over the steps of the run. Trains nothing; raises as `train` does."""
    return _preview("preview_schedule", config, picture, overrides)  # type: ignore[no-any-return]


def find_rate(config: Given, picture: Path, overrides: Sequence[str] = ()) -> RangeTest:
    """Draw the loss of a fresh model under a rising learning rate. Saves no model; raises as `train` does."""
    return _preview("find_rate", config, picture, overrides)  # type: ignore[no-any-return]


def _preview(name: str, config: Given, picture: Path, overrides: Sequence[str]) -> Any:
    config = resolved(config, overrides)
    with _training_packages():
        from spanloom.engine import preview
        from spanloom.engine.progress import ConsoleProgress
    with ConsoleProgress() as show:
        return getattr(preview, name)(find_task(config.task), config, Path(picture), show)


@contextmanager
def _training_packages() -> Iterator[None]:
    """Imports inside need the packages of the extra, and say so where they are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("spanloom"):
            raise
        raise MissingExtra("Training", "train") from error

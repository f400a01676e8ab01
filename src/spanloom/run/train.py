"""Train a model from a configuration file: the edge where files and arguments become a `RunConfig`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spanloom.config import RunConfig
from spanloom.contracts import Scorecard, Task
from spanloom.errors import MissingExtra
from spanloom.run.items import Items, with_items
from spanloom.run.user_config import GivenConfig, resolved
from spanloom.tasks import find_task
from spanloom.write.notebook import ShownScorecard

if TYPE_CHECKING:
    from spanloom.batch.padding import SamplerCost
    from spanloom.engine.preview import OnReport, RangeTest, SchedulePreview

Previewed = TypeVar("Previewed")


def train(
    config: GivenConfig,
    output: str | Path,
    overrides: Sequence[str] = (),
    resume: bool = False,
    train: Items | None = None,
    dev: Items | None = None,
) -> ShownScorecard:
    """Train the model that a TOML file, or a dict of the same tables, describes, into the run folder `output`.

    Returns the scorecard of the weights that were kept, empty where there is no dev data. Relative paths in a file
    start from its folder, in a dict from the working directory. overrides: `key=value` settings over the others.
    resume: go on from the last checkpoint in `output`. train, dev: in place of files, a list or anything else with a
    length and items, each an `Example`, a pair of what the model reads and its gold, or a dict (see
    `run/items.py:examples_of`). Progress goes to standard error.
    Raises ConfigError, DataError or CheckpointError for what the user can mend, MissingExtra without torch, and
    KeyboardInterrupt, saying how to resume, once Ctrl-C was answered by a checkpoint.

    Where torchrun or `accelerate launch` started several processes, they train together and return the same.
    """
    config = resolved(config, overrides)
    task, config = with_items(find_task(config.task), config, train, dev)
    with training_packages():
        from spanloom.engine.processes import join_processes, read_launch
        from spanloom.engine.progress import ConsoleProgress
        from spanloom.engine.run import Interrupted, run_training
    launch = read_launch(os.environ)
    try:
        with join_processes(launch) as device, ConsoleProgress() if launch.rank == 0 else nullcontext() as show:
            told = {} if show is None else {"on_report": show}
            return ShownScorecard(run_training(task, config, Path(output), resume, device=device, **told))
    except Interrupted as stopped:
        raise KeyboardInterrupt(str(stopped)) from stopped


def scores_told(config: GivenConfig, overrides: Sequence[str], scorecard: Scorecard) -> list[str]:
    """What a person is told of the scorecard of a training: the scores that its task names, shares in points."""
    with training_packages():
        from spanloom.engine.report import is_share
    summary = scorecard.get("summary", {})
    names = find_task(resolved(config, overrides).task).told or tuple(summary)
    return [
        f"{name.replace('_', ' ')} {f'{100 * summary[name]:.1f}' if is_share(name) else f'{summary[name]:.2f}'}"
        for name in names
        if name in summary
    ]


def typed(config: GivenConfig, overrides: Sequence[str]) -> str:
    """What a person types behind `spanloom predict -m RUN` to try a model of this configuration."""
    return find_task(resolved(config, overrides).task).typed


def is_first_process() -> bool:
    """Whether this process is the one of its training that speaks and writes: with one process, it is."""
    with training_packages():
        from spanloom.engine.processes import read_launch
    return read_launch(os.environ).rank == 0


def plot_samplers(config: GivenConfig, picture: Path, overrides: Sequence[str] = ()) -> list[SamplerCost]:
    """Draw how much padding every sampler would cost on the training data. Trains nothing; raises as `train` does."""
    with training_packages():
        from spanloom.engine.preview import preview_samplers
    return _preview(preview_samplers, config, picture, overrides)


def plot_schedule(config: GivenConfig, picture: Path, overrides: Sequence[str] = ()) -> SchedulePreview:
    """Draw the learning rates over the steps of the run. Trains nothing; raises as `train` does."""
    with training_packages():
        from spanloom.engine.preview import preview_schedule
    return _preview(preview_schedule, config, picture, overrides)


def plot_augment(config: GivenConfig, picture: Path, overrides: Sequence[str] = ()) -> int:
    """Draw how training varies its pictures; how many are drawn. Trains nothing; raises as `train` does."""
    with training_packages():
        from spanloom.engine.preview import preview_augment
    return _preview(preview_augment, config, picture, overrides)


def find_rate(config: GivenConfig, picture: Path, overrides: Sequence[str] = ()) -> RangeTest:
    """Draw the loss of a fresh model under a rising learning rate. Saves no model; raises as `train` does."""
    with training_packages():
        from spanloom.engine.preview import find_rate as preview_rates
    return _preview(preview_rates, config, picture, overrides)


def _preview(
    preview: Callable[[Task, RunConfig, Path, OnReport], Previewed],
    config: GivenConfig,
    picture: Path,
    overrides: Sequence[str],
) -> Previewed:
    settings = resolved(config, overrides)
    with training_packages():
        from spanloom.engine.progress import ConsoleProgress
    with ConsoleProgress() as show:
        return preview(find_task(settings.task), settings, Path(picture), show)


@contextmanager
def training_packages() -> Iterator[None]:
    """Imports inside need the packages of the extra, and say so where they are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("spanloom"):
            raise
        raise MissingExtra("Training", "train") from error

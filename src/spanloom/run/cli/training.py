"""`spanloom train` and `spanloom export`: from a configuration to a run, from a run to a bundle."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.settings import Settings
from spanloom.text.counts import several
from spanloom.write.terminal import tell


class Precision(StrEnum):
    int8 = "int8"
    int4 = "int4"
    fp32 = "fp32"


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="What to train, on what, and how.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="RUN", help="The folder of this run.")
    ] = None,
    settings: Settings = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN.")] = False,
    plot_samplers: Annotated[
        Path | None,
        typer.Option("--plot-samplers", metavar="FILE.png", help="Draw each sampler's padding; train nothing."),
    ] = None,
    plot_schedule: Annotated[
        Path | None,
        typer.Option("--plot-schedule", metavar="FILE.png", help="Draw the learning rate; train nothing."),
    ] = None,
    plot_augment: Annotated[
        Path | None,
        typer.Option("--plot-augment", metavar="FILE.png", help="Draw how pictures are varied; train nothing."),
    ] = None,
    find_rate: Annotated[
        Path | None,
        typer.Option("--find-rate", metavar="FILE.png", help="Try 100 rising learning rates; save no model."),
    ] = None,
) -> None:
    """Train a model, or show what a training would be."""
    from spanloom.run import train as training

    shows = (show_samplers, show_schedule, show_augment, show_rate)
    pictures = (plot_samplers, plot_schedule, plot_augment, find_rate)
    for show, picture in zip(shows, pictures, strict=True):
        if picture is not None:
            show(config, picture, settings or [])
    if any(pictures):
        return
    if output is None:
        raise ConfigError("train", "no --output", "a folder for the run", "Add --output RUN.")
    scorecard = training.train(config, output, settings or [], resume)
    if not training.is_first_process():
        return
    tell(
        f"{output}: trained{''.join(f', {score}' for score in training.scores_told(config, settings or [], scorecard))}"
    )
    run = shlex.quote(str(output))
    tell(f"Next: spanloom predict -m {run} {training.typed(config, settings or [])}")
    tell(f"      spanloom evaluate {run} DATA")
    tell(f"      spanloom export {run} --output BUNDLE")


def show_samplers(config: Path, picture: Path, settings: Sequence[str]) -> None:
    """Draw the padding of every sampler, and print it as a table."""
    from spanloom.run.train import plot_samplers

    costs = plot_samplers(config, picture, settings)
    tell(f"{'sampler':<12}{'batches':>9}{'examples':>10}{'padded tokens':>15}{'padding':>9}")
    for cost in costs:
        tell(f"{cost.sampler:<12}{cost.batches:>9}{cost.rows:>10}{cost.padded_tokens:>15}{100 * cost.waste:>8.1f}%")
    tell(f"{picture}: the padding of {several(len(costs), 'sampler')}")


def show_schedule(config: Path, picture: Path, settings: Sequence[str]) -> None:
    """Draw the learning rates, and print how high they go."""
    from spanloom.run.train import plot_schedule

    schedule = plot_schedule(config, picture, settings)
    highest = ", ".join(f"{part} up to {rate:.3g}" for part, rate in schedule.highest.items())
    tell(f"{picture}: {several(schedule.steps, 'step')}; {highest}{schedule.note}")


def show_augment(config: Path, picture: Path, settings: Sequence[str]) -> None:
    """Draw how training varies its pictures."""
    from spanloom.run.train import plot_augment

    count = plot_augment(config, picture, settings)
    tell(f"{picture}: {several(count, 'picture')}, each as it is and as the first epochs see it")


def show_rate(config: Path, picture: Path, settings: Sequence[str]) -> None:
    """Run the range test, and print the settings that it suggests."""
    from spanloom.run.train import find_rate

    test = find_rate(config, picture, settings)
    tried = f"{picture}: {several(test.steps, 'rate')} up to {test.highest:.2g}"
    if not test.settings:
        tell(f"{tried}; the loss never fell.")
        return
    suggested = " ".join(f"{key}={value:.2g}" for key, value in test.settings.items())
    tell(f"{tried}; suggested: {suggested}")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BUNDLE", help="The folder to write.")],
    max_drop: Annotated[
        float, typer.Option("--max-drop", metavar="POINTS", help="Refuse an export that loses more points than this.")
    ] = 0.5,
    golden: Annotated[
        Path | None,
        typer.Option(
            "--golden",
            metavar="DATA",
            help="Score it on this file, not on the run's dev data, and put its sentences into the bundle.",
        ),
    ] = None,
    precision: Annotated[
        Precision,
        typer.Option(
            "--precision", help="int8; int4: tables of vectors in 4 bits; fp32: 4 times as large, half as fast."
        ),
    ] = Precision.int8,
    keep_pieces: Annotated[
        list[str] | None,
        typer.Option(
            "--keep-pieces",
            metavar="TEXTS|N",
            help="Keep the N most frequent pieces, or those that the words of a file need; may be given several times.",
        ),
    ] = None,
) -> None:
    """Export a run as a bundle that predicts without PyTorch."""
    from spanloom.run import functions

    manifest = functions.export(run, output, max_drop, golden, precision.value, keep_pieces or ())
    before, after = (100 * manifest["scores"][stage]["best"] for stage in ("torch", precision.value))
    pieces = manifest["pieces"]
    kept = "" if pieces is None else f", {pieces['kept']:,} of {several(pieces['of'], 'piece')}"
    tell(f"{output}: {manifest['precision']}{kept}, score {after:.1f} (the run's own {before:.1f})")

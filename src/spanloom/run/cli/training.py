"""`spanloom train` and `spanloom export`: from a configuration to a run, from a run to a bundle."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from spanloom.run.cli.settings import Settings


class Precision(StrEnum):
    int8 = "int8"
    fp32 = "fp32"


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="What to train, on what, and how.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="RUN", help="The folder of this run.")],
    settings: Settings = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in RUN.")] = False,
) -> None:
    """Train a model."""
    from spanloom.run.train import train

    scorecard = train(config, output, settings or [], resume)
    summary = scorecard.get("summary", {})
    told = (name for name in summary if name.endswith(("f1", "accuracy")))
    scores = "".join(f", {name.replace('_', ' ')} {100 * summary[name]:.1f}" for name in told)
    print(f"{output}: trained{scores}")


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="BUNDLE", help="The folder to write.")],
    max_drop: Annotated[
        float, typer.Option("--max-drop", metavar="POINTS", help="Refuse an export that loses more points than this.")
    ] = 0.5,
    golden: Annotated[
        str | None,
        typer.Option(
            "--golden",
            metavar="DATA|none",
            help="Score it on this file, not on the run's dev data; 'none' leaves the sentences out of the bundle.",
        ),
    ] = None,
    precision: Annotated[
        Precision, typer.Option("--precision", help="int8, or fp32: four times as large, half as fast.")
    ] = Precision.int8,
) -> None:
    """Export a run as a bundle that predicts without PyTorch."""
    from spanloom.run.export import export

    data: Path | Literal["none"] | None = "none" if golden == "none" else Path(golden) if golden else None
    manifest = export(run, output, max_drop, data, precision.value)
    before, after = (100 * manifest["scores"][stage]["best"] for stage in ("torch", precision.value))
    print(f"{output}: {manifest['precision']}, score {after:.2f} (the run's own {before:.2f})")

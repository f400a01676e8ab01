"""`spanloom init`: from a file of annotations to a configuration that trains on it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanloom.errors import DataError
from spanloom.run.cli.choice import choose_task
from spanloom.run.cli.completion import complete_task
from spanloom.run.cli.settings import Settings, data_config
from spanloom.text.counts import several
from spanloom.write.lines import atomic_text, refuse_existing, write_lines
from spanloom.write.terminal import tell

if TYPE_CHECKING:
    from spanloom.config import DataConfig
    from spanloom.contracts import Task
    from spanloom.core import Example
    from spanloom.run.first_config import DataPart


def init(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Annotated data in any format that can be read.")],
    settings: Settings = None,
    task: Annotated[
        str | None,
        typer.Option("--task", "-t", help="What to learn, if not what suits best.", autocompletion=complete_task),
    ] = None,
    dev: Annotated[
        Path | None,
        typer.Option("--dev", metavar="DATA", help="Dev data, if there are some; else a tenth is set aside."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="CONFIG.toml", help="The configuration to write.")
    ] = Path("mine.toml"),
) -> None:
    """Look at data, set a tenth aside as dev data, and write a first configuration that trains on the rest.

    The data themselves stay as they are: both parts are written beside the configuration, in spanloom's own JSON lines.
    Nothing that is there already is replaced.
    """
    files = (beside(output, "train"), beside(output, "dev"))
    refuse_existing(output, *(files if dev is None else ()))
    from spanloom.run.first_config import budget, choose_encoder, first_config, seconds, without_format

    config = data_config(settings or [])
    chosen = choose_task(data, config, task)
    examples = annotated(chosen, data, config)
    kind = choose_encoder(chosen, examples)
    train = budget(chosen, examples, kind)
    time = seconds(chosen, examples, kind, train)
    if dev is None:
        parts, config = set_aside(chosen, examples, config, files), without_format(config)
    else:
        parts = given(chosen, config, (data, dev), examples, output.parent)
    with atomic_text(output) as file:
        file.write(first_config(chosen, data.name, parts, config, kind, train))
    say_next(output, chosen, parts, time)


def beside(output: Path, part: str) -> Path:
    """The file of a part of the data, beside the configuration."""
    return output.with_name(f"{output.stem}-{part}.jsonl")


def annotated(task: Task, data: Path, config: DataConfig) -> list[Example]:
    """The examples that have gold; how many have none is said. Raises DataError where all have none."""
    read = list(task.read(data, config))
    examples = [example for example in read if example.gold is not None]
    if not examples:
        raise DataError(
            str(data), "no example with a gold answer", "annotated data", "Annotate it, or name other data."
        )
    without = len(read) - len(examples)
    left_out = f"; {several(without, 'other')} without gold left out" if without else ""
    tell(f"{data}: {several(len(examples), 'example')}{left_out}")
    return examples


def set_aside(
    task: Task, examples: list[Example], config: DataConfig, files: tuple[Path, Path]
) -> tuple[DataPart, DataPart]:
    """Write the part to train on and the dev part."""
    from spanloom.run.first_config import DataPart
    from spanloom.run.split import split

    parts = split(examples, task, config)
    for file, lines in zip(files, parts, strict=True):
        tell(f"{file}: {several(write_lines(file, lines), 'example')}")
    return DataPart(files[0].name, len(parts[0])), DataPart(files[1].name, len(parts[1]))


def given(
    task: Task, config: DataConfig, paths: tuple[Path, Path], examples: list[Example], folder: Path
) -> tuple[DataPart, DataPart]:
    """The two parts where both are there already; the dev part is read, so that what is wrong with it is said now."""
    from spanloom.run.first_config import DataPart, named

    data, dev = paths
    judged = annotated(task, dev, config)
    return DataPart(named(data, folder), len(examples)), DataPart(named(dev, folder), len(judged))


def say_next(output: Path, task: Task, parts: tuple[DataPart, DataPart], time: float | None) -> None:
    """What was written, what to type next, and how long it takes."""
    from spanloom.run.first_config import duration

    tell(f"{output}: what is trained and how, each line explained; change what you like")
    long = "" if time is None else f"   ({duration(time)} on this machine, give or take a factor of two)"
    tell(f"Next: spanloom train {shlex.quote(str(output))} --output runs/{shlex.quote(output.stem)}{long}")
    train, dev = (shlex.quote(str(output.parent / part.file)) for part in parts)
    tell(f"      spanloom check {train} --task {task.name} data.dev={dev}   (what is wrong with the annotations)")

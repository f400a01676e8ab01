"""`spanloom example`: a task's own sample and the configuration that trains on it, for whoever installed a package."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from spanloom.run.cli.completion import complete_task
from spanloom.write.terminal import tell

CONFIG = "tiny.toml"
COPIED = ("sample.*", CONFIG)


def example(
    task: Annotated[str, typer.Argument(metavar="TASK", help="See 'spanloom tasks'.", autocompletion=complete_task)],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to copy them into, made if missing.")],
) -> None:
    """Copy a task's sample data, and a configuration that trains on them in seconds, into a folder."""
    for path in copy_sample(task, folder):
        tell(str(path))
    quoted = shlex.quote(str(folder / CONFIG))
    tell(f"Next: spanloom train {quoted} --output runs/{task}")


def copy_sample(task: str, folder: Path) -> list[Path]:
    """Copy the sample and `tiny.toml` of a task into a folder; the files that are new there.

    Raises ConfigError for a task that there is none of, and where one of the files is there already: then nothing is
    copied. Raises FileError where the folder cannot be written.
    """
    from spanloom.tasks import FOLDER, find_task
    from spanloom.write.lines import atomic_text, refuse_existing

    home = FOLDER / find_task(task).name
    copies = {file: folder / file.name for pattern in COPIED for file in sorted(home.glob(pattern))}
    refuse_existing(*copies.values())
    for file, target in copies.items():
        with atomic_text(target) as copy:
            copy.write(file.read_text(encoding="utf-8"))
    return list(copies.values())

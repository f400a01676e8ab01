"""`spanloom example`: a task's own sample and the configuration that trains on it, for whoever installed a package."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.completion import complete_task
from spanloom.write.terminal import tell

CONFIG = "tiny.toml"
COPIED = ("sample.*", "sample/**/*.*", CONFIG)


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
    from spanloom.tasks import home_of
    from spanloom.write.lines import atomic_bytes, refuse_existing

    home = home_of(task)
    found = [file for pattern in COPIED for file in sorted(home.glob(pattern))]
    if not found:
        raise ConfigError("example", f"the task '{task}' brings no sample", remedy="See its own documentation.")
    copies = {file: folder / file.relative_to(home) for file in found}
    refuse_existing(*copies.values())
    for file, target in copies.items():
        atomic_bytes(target, file.read_bytes())
    return list(copies.values())

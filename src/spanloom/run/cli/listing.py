"""`spanloom settings`: everything that a configuration file can say."""

from __future__ import annotations

import shutil
import textwrap
from typing import Annotated

import typer

from spanloom.config import RunConfig
from spanloom.config.listing import SettingsTable, tables_of
from spanloom.run.cli.completion import complete_task
from spanloom.write.settings_tables import settings_json, settings_lines, settings_page
from spanloom.write.terminal import tell, tell_json

ENCODER = "model.encoder"


def settings(
    task: Annotated[
        str | None,
        typer.Argument(metavar="[TASK]", help="With its own [model] table.", autocompletion=complete_task),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON list of tables.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, with the [model] table of every task.")
    ] = False,
) -> None:
    """List every setting: what it may be, its default, and what it means."""
    from spanloom.encoders import encoder_tables
    from spanloom.tasks import find_task, task_names

    encoders = [table for kind, each in encoder_tables().items() for table in tables_of(each, ENCODER, kind)]
    shared = [*tables_of(RunConfig), *encoders]
    if markdown:
        names = task_names() if task is None else [task]
        models = [(name, table) for name in names for table in model_tables(find_task(name).config)]
        for line in settings_page([*(("", table) for table in shared), *models]).splitlines():
            tell(line)
        return
    tables = shared if task is None else [*tables_of(RunConfig), *tables_of(find_task(task).config, "model")]
    if json_:
        tell_json(settings_json(tables))
        return
    width = shutil.get_terminal_size().columns
    for line in settings_lines(tables, width):
        tell(line)
    if task is None:
        tell("The [model] table too: spanloom settings TASK, where TASK is one of")
        for line in textwrap.wrap(f"{', '.join(task_names())}.", max(width, 20)):
            tell(line)


def model_tables(config: type) -> list[SettingsTable]:
    """The tables of a task's own, without the encoder's, which is the same for all."""
    return [table for table in tables_of(config, "model") if table.name != ENCODER]

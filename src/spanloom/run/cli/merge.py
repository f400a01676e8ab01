"""`spanloom merge`: what people decided in their tool, back into the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanloom.run.cli.choice import choose_task
from spanloom.run.cli.completion import complete_task, complete_written
from spanloom.run.cli.settings import Settings, data_config
from spanloom.text.counts import several
from spanloom.write.terminal import say, tell


def merge(
    data: Annotated[Path, typer.Argument(help="The annotated data.")],
    reviewed: Annotated[Path, typer.Argument(help="Texts of them as people left them, in any format that is read.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DATA2", help="The file to write.")],
    settings: Settings = None,
    task: Annotated[
        str | None,
        typer.Option("--task", "-t", help="The task whose gold it holds.", autocompletion=complete_task),
    ] = None,
    queue: Annotated[
        Path | None, typer.Option("--queue", metavar="FILE.jsonl", help="The queue that the texts were taken from.")
    ] = None,
    who: Annotated[str | None, typer.Option("--who", help="Who decided, where the reviewed file does not say.")] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="The format to write.", autocompletion=complete_written)
    ] = "jsonl",
    diff: Annotated[
        Path | None, typer.Option("--diff", metavar="FILE", help="Where the changes go; DATA2.diff.jsonl if not given.")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-untouched", help="Take what came back as it went too, though nothing says that anybody looked."
        ),
    ] = False,
) -> None:
    """Apply what people decided on texts of the data, and on nothing else; list the changes, and what contradicts."""
    from spanloom.run.merge import MergeOptions, sentences
    from spanloom.run.merge import merge as merge_data

    config = data_config(settings or [])
    chosen = choose_task(data, config, task, to_learn=False, speak=say)
    found = merge_data(data, reviewed, output, chosen, config, MergeOptions(queue, who, to, diff, accept))
    for sentence in sentences(found):
        say(sentence)
    changed = f"{found['changed']:,} changed, {found['unchanged']:,} confirmed, {len(found['conflicts']):,} in conflict"
    tell(f"{output}: {several(found['examples'], 'text')}; of {found['reviewed']:,} reviewed {changed}")

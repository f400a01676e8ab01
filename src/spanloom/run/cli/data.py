"""`spanloom check` and `spanloom convert`: what is in a data file, and the same in spanloom's own format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from spanloom.run.cli.choice import choose_task
from spanloom.run.cli.completion import complete_task, complete_written
from spanloom.run.cli.settings import Settings, data_config, run_config
from spanloom.text.counts import several
from spanloom.write.terminal import say, tell_json


def check(
    data: Annotated[Path, typer.Argument(help="An annotated file, or a configuration with its sources.")],
    task: Annotated[
        str | None,
        typer.Option(
            "--task", "-t", help="The task whose gold it holds; see 'spanloom tasks'.", autocompletion=complete_task
        ),
    ] = None,
    settings: Settings = None,
    json_: Annotated[bool, typer.Option("--json", help="All of it as one JSON object.")] = False,
) -> None:
    """Say whether gold is well formed, what looks like a mistake in it, and which facts a scheme cannot express."""
    from spanloom.run import functions
    from spanloom.run.user_config import resolved

    if data.suffix == ".toml":
        audit = functions.check_config(resolved(data, settings or []), task)
    else:
        audit = functions.check(data, task, None if task is None else run_config(task, settings or []))
    if json_:
        tell_json(audit)
        return
    from spanloom.write.audit_tables import print_check

    print_check(audit)


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Annotated data in any format that can be read.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    settings: Settings = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", "-t", help="The task whose gold it holds, if not what suits best.", autocompletion=complete_task
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="jsonl; columns of tokens and tags, for tag; a table of labels and texts, for classify.",
            autocompletion=complete_written,
        ),
    ] = "jsonl",
) -> None:
    """Convert annotated data to spanloom's own JSON lines, or to another format."""
    from spanloom.core import Example
    from spanloom.read import passed_over
    from spanloom.write.formats import writer
    from spanloom.write.lines import refuse_to_replace

    refuse_to_replace(target, source)

    counts: Counter[str] = Counter()

    def counted(examples: Iterable[Example]) -> Iterator[Example]:
        for example in examples:
            counts["sentences"] += 1
            counts["lost"] += len(example.lost)
            yield example

    config = data_config(settings or [])
    choice: list[str] = []
    chosen = choose_task(source, config, task, to_learn=False, speak=choice.append)
    writer(to, chosen)(target, counted(chosen.read(source, config)))
    for sentence in choice:
        say(sentence)
    if left := passed_over(source, config, type(chosen.answer()), chosen.input):
        say(f"{source}: not kept: {', '.join(map(repr, left))}, which no gold is read from.")
    lost = f"; {several(counts['lost'], 'fact')} could not be placed in the text" if counts["lost"] else ""
    say(f"{target}: {several(counts['sentences'], 'sentence')}{lost}")

"""`spanloom check` and `spanloom convert`: what is in a data file, and the same in spanloom's own format."""

from __future__ import annotations

import pkgutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.choice import choose_task
from spanloom.run.cli.completion import complete_task, complete_written
from spanloom.run.cli.settings import Settings, data_config, run_config
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


class Scheme(StrEnum):
    """How tags say where spans begin and end; see `text.tags`."""

    bio1 = "bio1"
    bio2 = "bio2"
    bioes = "bioes"
    bmes = "bmes"
    bilou = "bilou"


WRITTEN = sorted(
    module.name.replace("_", "-")
    for module in pkgutil.iter_modules([str(Path(__file__).parents[2] / "write" / "formats")])
    if not module.ispkg
)
"""The formats that can be written, listed without importing them: help is shown at once."""


class As(StrEnum):
    """What the examples are to be where a format tells the two apart."""

    annotations = "annotations"
    predictions = "predictions"


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Annotated data in any format that can be read.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file or the folder to write.")],
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
            help=f"One of {', '.join(WRITTEN)}; docs/formats.md says what each can hold.",
            autocompletion=complete_written,
        ),
    ] = "jsonl",
    as_: Annotated[
        As, typer.Option("--as", help="Answers of a model are written as predictions, with their scores.")
    ] = As.annotations,
    model_version: Annotated[
        str, typer.Option("--model-version", metavar="NAME", help="Which model predicted, with --as predictions.")
    ] = "",
    scheme: Annotated[Scheme, typer.Option("--scheme", help="The scheme of tags in columns.")] = Scheme.bio2,
    check: Annotated[bool, typer.Option("--check", help="Read OUT back, and say what is not as it was.")] = False,
) -> None:
    """Convert annotated data to spanloom's own JSON lines, or to another format, and say what that cannot hold.

    With --check, what reads back otherwise than it was written is said, and the exit status is then 2.
    """
    from spanloom.read import passed_over
    from spanloom.run import convert as converting
    from spanloom.write.formats import takes, target_for, targets
    from spanloom.write.formats.parts.target import Options
    from spanloom.write.lines import refuse_to_replace

    refuse_to_replace(target, source)
    if model_version and as_ is As.annotations:
        found = f"a model '{model_version}' is named, and annotations are written"
        raise ConfigError("--model-version", found, "--as predictions", "Add it, or leave --model-version out.")
    config = data_config(settings or [])
    choice: list[str] = []
    wanted = targets().get(to)
    chosen = choose_task(
        source,
        config,
        task,
        to_learn=False,
        speak=choice.append,
        able=lambda one: wanted is None or takes(wanted, type(one.answer()), one.input),
    )
    options = Options(chosen.line, as_ is As.predictions, model_version, scheme.value)
    form = target_for(to, chosen, predictions=options.predictions)
    if scheme is not Scheme.bio2 and not form.schemes:
        able = " or ".join(repr(one.name) for one in targets().values() if one.schemes)
        raise ConfigError("--scheme", f"'{to}' has no tags of a scheme", able, "Leave it out, or name that with --to.")
    done = converting.convert(source, target, chosen, form, config, options)
    if check:
        done.differences = converting.check(source, target, chosen, form, config, options)
    for sentence in choice:
        say(sentence)
    if left := passed_over(source, config, type(chosen.answer()), chosen.input):
        say(f"{source}: not kept: {', '.join(map(repr, left))}, which no gold is read from.")
    for sentence in done.sentences(source, target, form):
        say(sentence)
    if done.differences is not None and done.differences.losses:
        raise typer.Exit(2)

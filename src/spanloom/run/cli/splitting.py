"""`spanloom split`: data in parts that share no document and no text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spanloom.errors import ConfigError, DataError
from spanloom.run.cli.choice import choose_task
from spanloom.run.cli.completion import complete_task
from spanloom.run.cli.settings import Settings, data_config
from spanloom.text.counts import several
from spanloom.write.lines import refuse_existing
from spanloom.write.terminal import tell


def split(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Annotated data in any format that can be read.")],
    settings: Settings = None,
    dev: Annotated[float, typer.Option("--dev", metavar="SHARE", help="The share of dev data, of 1.")] = 0.1,
    test: Annotated[float, typer.Option("--test", metavar="SHARE", help="The share of test data; none if 0.")] = 0.0,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="document|text|FIELD",
            help="What stays whole beside equal texts: documents, texts alone, or what has the same FIELD; by default "
            "documents, where the data say ten or more.",
        ),
    ] = "",
    task: Annotated[
        str | None,
        typer.Option("--task", "-t", help="Whose gold it holds, if not what suits best.", autocompletion=complete_task),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other parts.")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write; beside DATA by default.")
    ] = None,
) -> None:
    """Part data into what is trained on and what it is judged by: no text and no document stands in two parts.

    Texts are the same where nothing but white space and case tells them apart. What alone has a label is trained on.
    The parts are written in spanloom's own JSON lines, each in the order of the data; nothing is replaced.
    """
    from spanloom.run.split import Plan, parted
    from spanloom.write.formats import targets, written
    from spanloom.write.formats.parts.ledger import Ledger
    from spanloom.write.formats.parts.target import Options

    shares = tuple(share for share in (dev, test) if share)
    if not shares or min(dev, test) < 0 or dev + test >= 1:
        found = f"a share of {dev:g} for dev and of {test:g} for test data"
        raise ConfigError("split", found, "more than 0, and together less than 1", "Set --dev 0.1, say.")
    names = ("train", *(name for name, share in (("dev", dev), ("test", test)) if share))
    folder = data.parent if output is None else output
    files = [folder / f"{data.resolve().name.partition('.')[0]}-{name}.jsonl" for name in names]
    refuse_existing(*files)
    config = data_config(settings or [])
    chosen = choose_task(data, config, task)
    read = list(chosen.read(data, config))
    examples = [example for example in read if example.gold is not None]
    if not examples or chosen.arrange is not None:
        found = "no example with a gold answer" if not examples else "running text, whose parts are no examples"
        raise DataError(str(data), found, "annotated data", "Annotate it, or name another task with --task.")
    parts = parted(examples, chosen, config, Plan(shares, by, seed))
    whole = f"documents told by {parts.by}, and equal texts" if parts.by else "equal texts"
    tell(f"{data}: {several(len(examples), 'example')} in {several(parts.groups, 'group')}: {whole} stay together")
    if without := len(read) - len(examples):
        tell(f"{several(without, 'example')} without gold, left out")
    if parts.held:
        tell(f"{several(parts.held, 'example')} with a label that nothing else has, trained on")
    for file, indices in zip(files, parts.indices, strict=True):
        options = Options(chosen.line)
        count = written(file, (examples[index] for index in indices), targets()["jsonl"], options, Ledger())
        tell(f"{file}: {several(count, 'example')}")

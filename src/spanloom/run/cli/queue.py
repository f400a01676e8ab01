"""`spanloom queue`: which annotations to look at again, and which texts to annotate next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spanloom.run.cli.settings import Settings
from spanloom.text.counts import several
from spanloom.write.terminal import say, tell


def queue(
    data: Annotated[Path, typer.Argument(help="Annotated data, of which some texts may be without annotations.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.jsonl", help="The file to write.")],
    settings: Settings = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="CONFIG.toml", help="What to train on the folds of the data.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="In place of it, a run or a bundle that has not seen the data.")
    ] = None,
    folds: Annotated[int, typer.Option("--folds", help="Parts, each judged by a model of the others.")] = 5,
    rounds: Annotated[
        int, typer.Option("--rounds", help="How often, each time with other parts and another seed.")
    ] = 1,
    budget: Annotated[
        int | None, typer.Option("--budget", help="Texts to list at most, none nearly the same as another.")
    ] = None,
    least: Annotated[float, typer.Option("--least", help="How likely an error must be to be listed.")] = 0.5,
    propose: Annotated[
        bool, typer.Option("--propose", help="Write the texts as they would be if all that is believed were so.")
    ] = False,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", metavar="DIR", help="Where the folds' runs go; FILE.jsonl.folds if not given."),
    ] = None,
) -> None:
    """List which annotations look wrong or missing, worst first, and why; of unannotated texts, which to annotate next.

    A run that was stopped goes on when the same command is given again.
    """
    from spanloom.check.queue.listing import Wanted
    from spanloom.run.queue import QueueOptions
    from spanloom.run.queue import queue as make_queue
    from spanloom.write.queue_tables import print_queue

    options = QueueOptions(folds, rounds, runs, Wanted(budget, least, propose))
    found = make_queue(data, output, config, model, options, settings or [])
    print_queue(found["lines"])
    for sentence in sentences(found):
        say(sentence)
    tell(f"{output}: {several(found['texts'], 'text')} of {found['of']:,}, the worst first")


def sentences(found: Mapping[str, Any]) -> list[str]:
    """What there is in a queue, and how far its scores are to be believed."""
    issues = ", ".join(f"{issue} {count:,}" for issue, count in found["issues"].items())
    told = [f"Found: {issues}."] if issues else ["Nothing looks wrong."]
    if found["unjudged"]:
        told.append(
            f"Not judged: {several(found['unjudged'], 'annotation')}, of a label that stands in no other fold,"
            " or that the model does not know."
        )
    told += found["remarks"]
    for kind, row in found["reliability"].items():
        error, before = (100 * row[name] for name in ("error", "error_before"))
        told.append(
            f"Scores of {kind}: {error:.1f} points off on average, {before:.1f} before they were calibrated"
            f" ({row['facts']:,} judged by models that had not seen them)."
        )
    return told

"""`predict --store`: each answer into a store of facts on its way to where it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError
from spanloom.text.counts import listed, several
from spanloom.write.lines import refuse_to_replace
from spanloom.write.terminal import say

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor
    from spanloom.run.cli.answers import Answers, Keep
    from spanloom.store.writer import Writer
    from spanloom.write.told import Told

StorePath = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="FILE", help="Keep the facts in this SQLite file; without --output and --format there alone."
    ),
]


def refuse_to_store(store: Path | None, output: Path | None, input: str | None, typed: bool) -> None:
    """Raise ConfigError where the store is a file that is read, or written otherwise.

    typed: texts come from a person at a terminal, line by line, which are tried out and not kept.
    """
    if store is None:
        return
    if typed:
        raise ConfigError("--store", "no text is given", "texts to keep", "Give one, or name a file with --input.")
    if output is not None and store.resolve() == output.resolve():
        raise ConfigError("--store", f"{store} is --output too", "another file", "Name another store.")
    if input not in (None, "-"):
        refuse_to_replace(store, Path(str(input)))


@contextmanager
def stored(path: Path | None, predictor: Predictor[Any]) -> Iterator[Keep | None]:
    """What adds an answer to a store, None where there is none; what is new there is said at the end."""
    if path is None:
        yield None
        return
    from spanloom.store import Store

    with Store(path).writer(predictor) as writer:
        yield lambda told: _add(told, writer)
    new = writer.written
    counts = {"texts": new.texts, "mentions": new.mentions, "facts": new.facts, "labels": new.labels}
    known = f"; {several(new.known, 'text')} by this model there already" if new.known else ""
    say(f"New in {path}: {listed(counts)}{known}.")


def _add(told: Told, writer: Writer) -> None:
    from spanloom.answers.parts.drawing import shown_text

    if "error" not in told.shown:
        writer.add(shown_text(told.shown), told.shown, told.fields.get("id"))


def drain(answers: Answers) -> None:
    """Take every answer, and give none on."""
    for _ in answers:
        pass

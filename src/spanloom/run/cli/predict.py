"""`spanloom predict`: texts in, entities and relations out."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError, DataError

if TYPE_CHECKING:
    from spanloom.core import Task
    from spanloom.run.predictor import Predictor


class Format(StrEnum):
    table = "table"
    jsonl = "jsonl"
    html = "html"


SUFFIXES = {".html": Format.html, ".htm": Format.html, ".txt": Format.table}

Pairs = Iterator[tuple[Any, Any]]


def predict(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]…", help="The texts themselves.")] = None,
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="A run folder or a bundle; the bundled model if not given.")
    ] = None,
    input: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="FILE|-", help="Texts: .txt, one a line; JSON lines; annotated data."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", help="By default what --output ends in, a table on a terminal, JSON lines elsewhere."
        ),
    ] = None,
    encoding: Annotated[str, typer.Option("--encoding", help="The encoding of --input.")] = "utf-8",
) -> None:
    """Extract entities and relations from texts.

    Without a text and without --input, a terminal is read line by line and anything else as --input - would be.
    """
    if texts and input is not None:
        raise ConfigError("predict", f"a text and --input {input}", "one of the two", "Leave one out.")
    form = format or default_format(output)
    from spanloom.config import DataConfig
    from spanloom.run.cli.texts import texts_of
    from spanloom.run.predictor import load

    if not texts and input is None and sys.stdin.isatty():
        converse(load(model), form)
        return
    source = iter(texts) if texts else texts_of(input or "-", DataConfig(encoding=encoding))
    predictor = load(model)
    pairs = answered(predictor, source)
    if output is None:
        write(pairs, predictor.task, form, sys.stdout)
        return
    from spanloom.write.lines import atomic_text

    with atomic_text(output) as file:
        write(pairs, predictor.task, form, file)


def default_format(output: Path | None) -> Format:
    """The format where none is named."""
    if output is not None:
        return SUFFIXES.get(output.suffix.lower(), Format.jsonl)
    return Format.table if sys.stdout.isatty() else Format.jsonl


def answered(predictor: Predictor, texts: Iterable[str]) -> Pairs:
    """(input, answer) of each text, in order, streamed."""
    inputs, copies = itertools.tee(map(predictor.prepare, whole(texts)))
    return zip(inputs, predictor.predict_inputs(copies), strict=True)


def whole(texts: Iterable[str]) -> Iterator[str]:
    """The texts again. Raises DataError for half a character, which an argument's bytes or JSON can bring in."""
    for number, text in enumerate(texts, start=1):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            found = f"half a character, {text[error.start]!r}, at offset {error.start}"
            raise DataError(f"text {number}", found, "text in UTF-8", "Mend it, or read it with --input.") from None
        yield text


def write(pairs: Pairs, task: Task, form: Format, file: IO[str]) -> None:
    """Write the answers one by one as they come."""
    if form is Format.html:
        from spanloom.write.html import prediction_page

        file.writelines(prediction_page(itertools.starmap(task.show, pairs)))
    elif form is Format.jsonl:
        file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in itertools.starmap(task.show, pairs))
    else:
        from rich.console import Console

        from spanloom.write.tables import print_graph

        console = Console(file=file)
        for text, graph in pairs:
            print_graph(text, graph, console)


def converse(predictor: Predictor, form: Format) -> None:
    """Answer a person at a terminal line by line, until Ctrl-D."""
    print("Type a sentence and press Enter; Ctrl-D ends.", file=sys.stderr)
    for line in sys.stdin:
        write(answered(predictor, [line.rstrip("\r\n")]), predictor.task, form, sys.stdout)
        sys.stdout.flush()
    print(file=sys.stderr)

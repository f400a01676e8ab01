"""`spanloom predict`: texts in, answers out."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.settings import Look, SecondLook

if TYPE_CHECKING:
    from spanloom.core import Task
    from spanloom.run.predictor import Predictor
    from spanloom.run.reading import Reading


class Format(StrEnum):
    table = "table"
    jsonl = "jsonl"
    html = "html"


SUFFIXES = {".html": Format.html, ".htm": Format.html, ".txt": Format.table}

GREETINGS = (
    "Type what is said, turn by turn, and press Enter after each; an empty line begins a new dialogue",
    "Type a sentence and press Enter",
    "Type two sentences with a tab between and press Enter",
)
"""What a terminal is told, by how many texts the model reads together."""

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
    second_look: SecondLook = Look.auto,
) -> None:
    """Answer for texts: entities and relations, tags, labels, or a rewrite, whatever the model was trained for.

    A model of sentence pairs takes the two texts as two arguments, or on one line with a tab between; one of dialogues
    takes the turns so. Without a text and without --input, a terminal is read line by line and anything else as
    --input - would be.

    What was longer than the model reads at once, and whatever was left out of it, is said at the end.
    """
    if texts and input is not None:
        raise ConfigError("predict", f"a text and --input {input}", "one of the two", "Leave one out.")
    form = format or default_format(output)
    from spanloom.config import DataConfig
    from spanloom.run.cli.texts import inputs_of
    from spanloom.run.predictor import load
    from spanloom.run.reading import Reading

    predictor, reading = load(model, second_look=second_look.value), Reading()
    if not texts and input is None and sys.stdin.isatty():
        converse(predictor, form, reading)
    else:
        config = DataConfig(encoding=encoding, unknown_keys="ignored")  # gold is left aside
        inputs = prepared(predictor, texts) if texts else inputs_of(input or "-", predictor, config)
        pairs = answered(predictor, inputs, reading)
        if output is None:
            write(pairs, predictor.task, form, sys.stdout)
        else:
            from spanloom.write.lines import atomic_text

            with atomic_text(output) as file:
                write(pairs, predictor.task, form, file)
    say_what_was_read(reading)


def say_what_was_read(reading: Reading) -> None:
    """Say on standard error what was not read at once and whole; nothing where all was."""
    for sentence in reading.sentences():
        print(sentence, file=sys.stderr)


def default_format(output: Path | None) -> Format:
    """The format where none is named."""
    if output is not None:
        return SUFFIXES.get(output.suffix.lower(), Format.jsonl)
    return Format.table if sys.stdout.isatty() else Format.jsonl


def answered(predictor: Predictor, inputs: Iterable[Any], reading: Reading) -> Pairs:
    """(input, answer) of each, in order, streamed, and counted in `reading`."""
    inputs, copies = itertools.tee(inputs)
    return zip(inputs, predictor.predict_inputs(copies, reading), strict=True)


def prepared(predictor: Predictor, texts: Iterable[str]) -> Iterator[Any]:
    """The inputs that arguments make: one each, or one of all for a model that reads several texts together."""
    from spanloom.run.cli.texts import whole

    checked = (whole(text, f"text {number}") for number, text in enumerate(texts, start=1))
    return map(predictor.prepare, checked) if predictor.texts == 1 else iter([predictor.prepare(list(checked))])


def write(pairs: Pairs, task: Task, form: Format, file: IO[str]) -> None:
    """Write the answers one by one as they come."""
    if form is Format.html:
        from spanloom.write.html import prediction_page

        file.writelines(prediction_page(itertools.starmap(task.show, pairs)))
    elif form is Format.jsonl:
        file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in itertools.starmap(task.show, pairs))
    else:
        from rich.console import Console

        from spanloom.write.tables import print_answer

        console = Console(file=file)
        for item, answer in pairs:
            print_answer(item, answer, console)


def converse(predictor: Predictor, form: Format, reading: Reading) -> None:
    """Answer a person at a terminal line by line, until Ctrl-D.

    A model of dialogues answers for each line as the next turn of the dialogue so far, in the person's own words.
    """
    print(f"{GREETINGS[min(predictor.texts, 2)]}; Ctrl-D ends.", file=sys.stderr)
    turns: list[str] = []
    for line in sys.stdin:
        texts = line.rstrip("\r\n")
        if predictor.texts:
            parts = [texts] if predictor.texts == 1 else texts.split("\t")
        elif texts.strip():
            parts = turns = [*turns, texts]
        else:
            turns = []
            print("A new dialogue.", file=sys.stderr)
            continue
        write(answered(predictor, prepared(predictor, parts), reading), predictor.task, form, sys.stdout)
        sys.stdout.flush()
    print(file=sys.stderr)

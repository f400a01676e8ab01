"""`spanloom predict`: texts in, answers out."""

from __future__ import annotations

import io
import json
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.run.cli.settings import Look, SecondLook

if TYPE_CHECKING:
    from spanloom.core import Task
    from spanloom.run.cli.texts import Entry, Inputs
    from spanloom.run.predictor import Predictor
    from spanloom.run.reading import Reading


class Format(StrEnum):
    table = "table"
    jsonl = "jsonl"
    html = "html"


ENDINGS = {
    ".jsonl": Format.jsonl,
    ".ndjson": Format.jsonl,
    ".json": Format.jsonl,
    ".txt": Format.table,
    ".html": Format.html,
    ".htm": Format.html,
}

INDEXED = frozenset(("relations", "lost"))
"""What an input says of its own entities, which mean nothing beside those of an answer."""

GREETINGS = (
    "Type what is said, turn by turn, and press Enter after each; an empty line begins a new dialogue",
    "Type a sentence and press Enter",
    "Type two sentences with a tab between and press Enter",
)
"""What a terminal is told, by how many texts the model reads together."""


class Answered(NamedTuple):
    """An entry, its answer and what a user sees of that; of one that failed, None and the error."""

    entry: Entry
    answer: Any
    shown: Mapping[str, Any]


Answers = Iterator[Answered]


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

    A text that fails has its error in place of an answer, and the others are answered; the exit status is then 2. The
    fields of a JSON line stay beside its answer, whose own win where both have one. What was longer than the model
    reads at once, and whatever was left out of it, is said at the end.
    """
    if texts and input is not None:
        raise ConfigError("predict", f"a text and --input {input}", "one of the two", "Leave one out.")
    form = format or default_format(output)
    from spanloom.run.cli.lines import checked_encoding
    from spanloom.run.cli.texts import arguments, inputs_of
    from spanloom.run.predictor import load
    from spanloom.run.reading import Reading

    checked_encoding(encoding)
    predictor, reading = load(model, second_look=second_look.value), Reading()
    if not texts and input is None and sys.stdin.isatty():
        converse(predictor, form, reading)
        say_what_was_read(reading)
        return
    inputs = arguments(predictor, texts) if texts else inputs_of(input or "-", predictor, encoding)
    answers, about = answered(predictor, inputs, reading), page_of(model, input)
    if output is None:
        write(answers, form, sys.stdout, about)
    else:
        write_file(answers, form, output, about)
    say_what_was_read(reading)
    if reading.failed:
        raise typer.Exit(2)


def say_what_was_read(reading: Reading) -> None:
    """Say on standard error what failed, and what was not read at once and whole; nothing where all was."""
    for sentence in reading.sentences():
        print(sentence, file=sys.stderr)


def default_format(output: Path | None) -> Format:
    """The format where none is named. Raises ConfigError for a file whose name says none."""
    if output is None:
        return Format.table if sys.stdout.isatty() else Format.jsonl
    if output.exists() and not output.is_file():  # a device or a pipe; a folder is refused when it is written to
        return Format.jsonl
    ending = output.suffix.lower()
    if ending not in ENDINGS:
        found = f"'{output}' ends in '{ending}'" if ending else f"'{output}' has no ending"
        remedy = "Give it one of these, or name its format with --format jsonl, table or html."
        raise ConfigError("--output", found, f"one of {', '.join(ENDINGS)}", remedy)
    return ENDINGS[ending]


def answered(predictor: Predictor, inputs: Inputs, reading: Reading) -> Answers:
    """The answer, or the error, of each input in order, streamed, and counted in `reading`."""
    waiting: deque[Entry] = deque()

    def taken() -> Iterator[Any]:
        for entry in inputs.entries:
            waiting.append(entry)
            yield entry.input

    for outcome in predictor.predict_inputs(taken(), reading, "return", inputs.more):
        yield finished(waiting.popleft(), outcome, predictor.task, reading)


def finished(entry: Entry, outcome: Any, task: Task, reading: Reading) -> Answered:
    """An answer as a user sees it, or the error in its place."""
    from spanloom.run.outcomes import placed

    if not isinstance(outcome, SpanloomError):
        try:
            return Answered(entry, outcome, task.show(entry.input, outcome))
        except Exception as error:
            reading.inputs, reading.failed, outcome = reading.inputs - 1, reading.failed + 1, error
    text = entry.fields.get("text", entry.raw)
    readable = {"text": text} if text and isinstance(text, str) else {}
    return Answered(entry, None, {**readable, "error": str(placed(outcome, entry.where))})


def with_fields(shown: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown and the fields of the input; what is shown wins, and "error" is never the input's own."""
    kept_out = {"error"} | (INDEXED if "entities" in shown else frozenset())
    beside = {key: value for key, value in fields.items() if key not in shown and key not in kept_out}
    return {**shown, **beside}


def page_of(model: Path | None, input: str | None) -> dict[str, str]:
    """What the head of a page says: the model and the file, both without their folder, and the day."""
    name = "the bundled model" if model is None else model.resolve().name
    data = "" if input in (None, "-") else Path(str(input)).name
    return {"model": name, "data": data, "date": date.today().isoformat()}


def write_file(answers: Answers, form: Format, output: Path, about: Mapping[str, str]) -> None:
    """Write the answers to a file that is there when all of them are. Raises DataError, saying that it is not."""
    from spanloom.write.lines import atomic_text

    try:
        with atomic_text(output) as file:
            write(answers, form, file, about)
    except DataError as error:
        remedy = f"{error.remedy} Nothing was written to {output}.".lstrip()
        raise DataError(error.where, error.found, error.expected, remedy) from error


def write(answers: Answers, form: Format, file: IO[str], about: Mapping[str, str] | None = None) -> None:
    """Write the answers one by one, each as soon as it comes. about: what `page_of` says, for a page."""
    if form is Format.table:
        write_tables(answers, file)
        return
    if form is Format.html:
        from spanloom.write.html import prediction_page

        pieces = prediction_page((answer.shown for answer in answers), **(about or {}))
    else:
        pieces = (f"{json_line(with_fields(answer.shown, answer.entry.fields))}\n" for answer in answers)
    for piece in pieces:
        file.write(piece)
        file.flush()


def json_line(item: Mapping[str, Any]) -> str:
    """An object on one line; as ASCII where a field of the input holds half a character, which no file can."""
    line = json.dumps(item, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(item)
    return line


def write_tables(answers: Answers, file: IO[str]) -> None:
    """Write a table an answer; of an error a line."""
    from rich.console import Console

    from spanloom.write.cells import cell, print_parts
    from spanloom.write.tables import print_answer

    console = Console(file=file)
    for answer in answers:
        if "error" in answer.shown:
            print_parts([cell(f"error: {answer.shown['error']}", style="red")], console)
        else:
            print_answer(answer.entry.input, answer.answer, console)


def converse(predictor: Predictor, form: Format, reading: Reading) -> None:
    """Answer a person at a terminal line by line, until Ctrl-D; a line that fails gets its error.

    A model of dialogues answers for each line as the next turn of the dialogue so far, in the person's own words.
    """
    from spanloom.run.cli.texts import arguments, together

    print(f"{GREETINGS[min(predictor.texts, 2)]}; Ctrl-D ends.", file=sys.stderr)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # so that a bad byte spoils its own line alone
    turns: list[str] = []
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        if predictor.texts:
            given = together(text, predictor.texts)
            parts = [given] if isinstance(given, str) else given
        elif text.strip():
            parts = [*turns, text]
        else:
            turns = []
            print("A new dialogue.", file=sys.stderr)
            continue
        failed = reading.failed
        write(answered(predictor, arguments(predictor, parts), reading), form, sys.stdout)
        if reading.failed == failed:
            turns = parts
    print(file=sys.stderr)

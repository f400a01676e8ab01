"""What `predict` writes: each answer or the error in its place, as a table, a line of JSON or a part of a page."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from spanloom.errors import ConfigError, DataError, SpanloomError
from spanloom.write.escapes import json_escaped
from spanloom.write.lines import atomic_text
from spanloom.write.terminal import json_text, running_text, terminal

if TYPE_CHECKING:
    from spanloom.contracts import Task
    from spanloom.decode.threshold import Threshold
    from spanloom.predict.predictor import Predictor
    from spanloom.predict.reading import Reading
    from spanloom.run.cli.texts import Entry, Inputs


class OutputFormat(StrEnum):
    table = "table"
    jsonl = "jsonl"
    html = "html"


ENDINGS = {
    ".jsonl": OutputFormat.jsonl,
    ".ndjson": OutputFormat.jsonl,
    ".json": OutputFormat.jsonl,
    ".txt": OutputFormat.table,
    ".html": OutputFormat.html,
    ".htm": OutputFormat.html,
}

INDEXED = frozenset(("relations", "lost"))
"""What an input says of its own entities, which mean nothing beside those of an answer."""


class Answered(NamedTuple):
    """An entry, its answer and what a user sees of that; of one that failed, None and the error."""

    entry: Entry
    answer: Any
    shown: Mapping[str, Any]


Answers = Iterator[Answered]


def default_format(output: Path | None) -> OutputFormat:
    """The format where none is named. Raises ConfigError for a file whose name says none."""
    if output is None:
        return OutputFormat.table if sys.stdout.isatty() else OutputFormat.jsonl
    if output.exists() and not output.is_file():  # a device or a pipe; a folder is refused when it is written to
        return OutputFormat.jsonl
    ending = output.suffix.lower()
    if ending not in ENDINGS:
        found = f"'{output}' ends in '{ending}'" if ending else f"'{output}' has no ending"
        remedy = "Give it one of these, or name its format with --format jsonl, table or html."
        raise ConfigError("--output", found, f"one of {', '.join(ENDINGS)}", remedy)
    return ENDINGS[ending]


def answered(predictor: Predictor[Any], inputs: Inputs, reading: Reading, threshold: Threshold) -> Answers:
    """The sure part of the answer, or the error, of each input in order, streamed, and counted in `reading`."""
    waiting: deque[Entry] = deque()

    def taken() -> Iterator[Any]:
        for entry in inputs.entries:
            waiting.append(entry)
            yield entry.input

    for outcome in predictor.predict_inputs(taken(), reading, "return", inputs.more):
        yield finished(waiting.popleft(), outcome, predictor.task, reading, threshold)


def finished(entry: Entry, outcome: Any, task: Task, reading: Reading, threshold: Threshold) -> Answered:
    """The sure part of an answer as a user sees it, or the error in its place."""
    from spanloom.predict.outcomes import placed

    if not isinstance(outcome, SpanloomError):
        try:
            sure = threshold.kept(outcome)
            return Answered(entry, sure, task.show(entry.input, sure))
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


def page_of(predictor: Predictor[Any], model: Path | None, input: str | None) -> dict[str, Any]:
    """How a page draws the answers, and what its head says: model and file, without their folder, and the day."""
    from spanloom.write.overview import Provenance

    name = "the bundled model" if model is None else model.resolve().name
    data = "" if input in (None, "-") else Path(str(input)).name
    return {**drawn_by(predictor), "provenance": Provenance(name, data, date.today().isoformat())}


def drawn_by(predictor: Predictor[Any]) -> dict[str, Any]:
    """How a page draws the answers of a model."""
    from spanloom.answers import kind_of

    return {"draw": kind_of(predictor.task.answer()).draw}


def write_file(answers: Answers, form: OutputFormat, output: Path, about: Mapping[str, Any]) -> None:
    """Write the answers to a file that is there when all of them are. Raises DataError, saying that it is not."""
    try:
        with atomic_text(output) as file:
            write(answers, form, file, about)
    except DataError as error:
        remedy = f"{error.remedy} Nothing was written to {output}.".lstrip()
        raise DataError(error.where, error.found, error.expected, remedy) from error


def write(answers: Answers, form: OutputFormat, file: IO[str], about: Mapping[str, Any] | None = None) -> None:
    """Write the answers one by one, each as soon as it comes. about: what `page_of` says, for a page."""
    if form is OutputFormat.table:
        write_tables(answers, file)
        return
    if form is OutputFormat.html:
        from spanloom.write.html import prediction_page

        page = prediction_page((answer.shown for answer in answers), **(about or {}))
        pieces = (running_text(part, file) for part in page)
    else:
        pieces = (f"{json_line(with_fields(answer.shown, answer.entry.fields), file)}\n" for answer in answers)
    for piece in pieces:
        file.write(piece)
        file.flush()


def json_line(item: Mapping[str, Any], file: IO[str]) -> str:
    """An object on one line; as ASCII where a field of the input holds half a character, which no file can."""
    line = json_text(item, file)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json_escaped(line)
    return line


def write_tables(answers: Answers, file: IO[str]) -> None:
    """Write a table an answer; of an error a line."""
    from spanloom.write.cells import cell, print_parts
    from spanloom.write.tables import print_answer

    console = terminal(file)
    for answer in answers:
        if "error" in answer.shown:
            print_parts([cell(f"error: {answer.shown['error']}", style="red")], console)
        else:
            print_answer(answer.answer, answer.shown, console)

"""What `predict` makes of an outcome, an answer or the error in its place, as a user sees it, and how it is written."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from spanloom.errors import ConfigError, MissingExtra, SpanloomError
from spanloom.write.escapes import json_escaped
from spanloom.write.terminal import json_text, running_text, terminal
from spanloom.write.told import Told

if TYPE_CHECKING:
    from spanloom.answers.parts.kind import AnswerKind
    from spanloom.contracts import Task
    from spanloom.decode.threshold import Threshold
    from spanloom.predict.predictor import Predictor
    from spanloom.predict.reading import Reading
    from spanloom.run.cli.entries import Entry, Inputs
    from spanloom.write.overview import Provenance


class OutputFormat(StrEnum):
    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    columns = "columns"
    html = "html"
    label_studio = "label-studio"
    prodigy = "prodigy"


OF_TOOLS = (OutputFormat.label_studio, OutputFormat.prodigy)
"""Those that annotation tools read, of `write.formats`, where people go over what a model said."""

FILES = (OutputFormat.parquet, *OF_TOOLS)
"""Those that are written when all answers are there."""


ENDINGS = {
    ".jsonl": OutputFormat.jsonl,
    ".ndjson": OutputFormat.jsonl,
    ".json": OutputFormat.jsonl,
    ".csv": OutputFormat.csv,
    ".parquet": OutputFormat.parquet,
    ".conll": OutputFormat.columns,
    ".txt": OutputFormat.table,
    ".html": OutputFormat.html,
    ".htm": OutputFormat.html,
}

Answers = Iterator[Told]
Keep = Callable[[Told], None]
"""What takes note of what is told of a text before it is given on."""


@dataclass(frozen=True)
class How:
    """How answers are to be made. strict: the first text that fails stops the job. limit: texts at most, None for all.
    skip: texts that were answered before. keep: None where nothing else takes note of answers.
    """

    threshold: Threshold
    strict: bool = False
    limit: int | None = None
    skip: int = 0
    keep: Keep | None = None


@dataclass(frozen=True)
class About:
    """What the answers are, of which task, and what the head of a page says of them."""

    kind: AnswerKind
    empty: Any
    task: Task
    provenance: Provenance | None = None


def default_format(output: Path | None) -> OutputFormat:
    """The format where none is named. Raises ConfigError for a file whose name says none."""
    if output is None:
        return OutputFormat.table if sys.stdout.isatty() else OutputFormat.jsonl
    if output.exists() and not output.is_file():  # a device or a pipe; a folder is refused when it is written to
        return OutputFormat.jsonl
    ending = output.suffix.lower()
    if ending not in ENDINGS:
        found = f"'{output}' ends in '{ending}'" if ending else f"'{output}' has no ending"
        remedy = f"Give it one of these, or name its format with --format {', '.join(OutputFormat)}."
        raise ConfigError("--output", found, f"one of {', '.join(ENDINGS)}", remedy)
    return ENDINGS[ending]


def answered(predictor: Predictor[Any], inputs: Inputs, reading: Reading, how: How) -> Answers:
    """The sure part of the answer, or the error, of each input in order, streamed, and counted in `reading`.

    Raises the error of the first text that fails, behind the answers for those before it, where that is wanted.
    """
    waiting: deque[Entry] = deque()

    def taken() -> Iterator[Any]:
        for entry in itertools.islice(inputs.entries, how.skip, how.limit):
            waiting.append(entry)
            yield entry.input

    for outcome in predictor.predict_inputs(taken(), reading, "return", inputs.more):
        entry = waiting.popleft()
        told, error = finished(entry, outcome, predictor.task, reading, how.threshold)
        if error is not None and how.strict:
            raise error
        if how.keep is not None:
            how.keep(told)
        yield told


def finished(
    entry: Entry, outcome: Any, task: Task, reading: Reading, threshold: Threshold
) -> tuple[Told, SpanloomError | None]:
    """The sure part of an answer as a user sees it, or the error in its place, which is also given by itself."""
    from spanloom.predict.outcomes import placed

    if not isinstance(outcome, SpanloomError):
        try:
            return Told(task.show(entry.input, threshold.kept(outcome)), entry.fields), None
        except Exception as error:
            reading.inputs, reading.failed, outcome = reading.inputs - 1, reading.failed + 1, error
    text = entry.fields.get("text", entry.raw)
    readable = {"text": text} if text and isinstance(text, str) else {}
    fault = placed(outcome, entry.where)
    return Told({**readable, "error": str(fault)}, entry.fields), fault


def about(predictor: Predictor[Any], model: Path | None, input: str | None) -> About:
    """What the answers are, with what a page's head says: model and file, without their folder, and the day."""
    from spanloom.answers import kind_of
    from spanloom.write.overview import Provenance

    name = "the bundled model" if model is None else model.resolve().name
    data = "" if input in (None, "-") else Path(str(input)).name
    empty = predictor.task.answer()
    provenance = Provenance(name, data, date.today().isoformat())
    return About(kind_of(empty), empty, predictor.task, provenance)


def refuse_unfit(form: OutputFormat, about: About, output: Path | None) -> None:
    """Raise ConfigError for a format that cannot hold the answers of this model, or that no stream can; MissingExtra
    where what writes it is missing."""
    from spanloom.answers.tags import Tags
    from spanloom.write.formats import target_for

    if form in FILES and (output is None or (output.exists() and not output.is_file())):
        raise ConfigError("--format", f"{form} is a file", "an output that is one", "Name it with --output.")
    if form in OF_TOOLS:
        target_for(form, about.task, "--format", predictions=True)
    if form is OutputFormat.parquet and importlib.util.find_spec("pyarrow") is None:
        raise MissingExtra("Writing a Parquet file", "formats")

    if form is OutputFormat.columns and about.kind.answer is not Tags:
        found, expected = "columns hold a tag for each token", "a model whose answers are tags"
        raise ConfigError("--format", found, expected, "Write jsonl, csv or parquet.")


def write(answers: Answers, form: OutputFormat, file: IO[str], about: About) -> None:
    """Write the answers one by one, each as soon as it comes."""
    if form is OutputFormat.table:
        write_tables(answers, file, about)
        return
    for piece in pieces(answers, form, file, about):
        file.write(piece)
        file.flush()


def pieces(answers: Answers, form: OutputFormat, file: IO[str], about: About) -> Iterator[str]:
    """The text of the answers, in pieces."""
    if form is OutputFormat.html:
        from spanloom.write.html import UNKNOWN, prediction_page

        shown = (answer.shown for answer in answers)
        page = prediction_page(shown, draw=about.kind.draw, provenance=about.provenance or UNKNOWN)
        return (running_text(part, file) for part in page)
    if form is OutputFormat.csv:
        from spanloom.write.facts import table_of_facts

        return (running_text(line, file) for line in table_of_facts(answers, about.kind))
    if form is OutputFormat.columns:
        from spanloom.write.columns import tagged_columns

        return (running_text(lines, file) for lines in tagged_columns(answers))
    return (f"{json_line(answer.together(), file)}\n" for answer in answers)


def json_line(item: Any, file: IO[str] | None = None) -> str:
    """A value on one line; as ASCII where a field of the input holds half a character, which no file can."""
    line = json_text(item, file)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json_escaped(line)
    return line


def write_tables(answers: Answers, file: IO[str], about: About) -> None:
    """Write a table an answer; of an error a line."""
    from spanloom.write.cells import cell, print_parts
    from spanloom.write.tables import print_answer

    console = terminal(file)
    for answer in answers:
        if "error" in answer.shown:
            print_parts([cell(f"error: {answer.shown['error']}", style="red")], console)
        else:
            print_answer(about.empty, answer.shown, console)

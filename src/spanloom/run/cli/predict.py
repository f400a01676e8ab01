"""`spanloom predict`: texts in, answers out."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.answers import OutputFormat, answered, default_format, drawn_by, page_of, write, write_file
from spanloom.run.cli.settings import Look, SecondLook
from spanloom.run.cli.storing import StorePath, drain, refuse_to_store, stored
from spanloom.run.cli.threshold import Thresholds, thresholds
from spanloom.write.lines import refuse_to_replace
from spanloom.write.terminal import say

if TYPE_CHECKING:
    from spanloom.decode.threshold import Threshold
    from spanloom.predict.predictor import Predictor
    from spanloom.predict.reading import Reading

GREETINGS = (
    "Type what is said, turn by turn, and press Enter after each; an empty line begins a new dialogue",
    "Type a sentence and press Enter",
    "Type two sentences with a tab between and press Enter",
)
"""What a terminal is told, by how many texts the model reads together."""


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
        OutputFormat | None,
        typer.Option(
            "--format", "-f", help="By default what --output ends in, a table on a terminal, JSON lines elsewhere."
        ),
    ] = None,
    encoding: Annotated[str, typer.Option("--encoding", help="The encoding of --input.")] = "utf-8",
    second_look: SecondLook = Look.auto,
    threshold: Thresholds = None,
    store: StorePath = None,
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
    if not texts:
        refuse_to_replace(output, Path("/dev/stdin" if input in (None, "-") else input))
    typed = not texts and input is None and sys.stdin.isatty()
    refuse_to_store(store, output, input, typed)
    form = format or default_format(output)
    least = thresholds(threshold or [])
    from spanloom.decode.threshold import Threshold, threshold_for
    from spanloom.predict.predictor import load
    from spanloom.predict.reading import Reading
    from spanloom.run.cli.lines import checked_encoding
    from spanloom.run.cli.texts import arguments, inputs_of

    checked_encoding(encoding)
    predictor, reading = load(model, second_look=second_look.value), Reading()
    sure = threshold_for(least, predictor.task, predictor.codec) if least else Threshold()
    if typed:
        converse(predictor, form, reading, sure)
        say_what_was_read(reading)
        return
    inputs = arguments(predictor, texts) if texts else inputs_of("-" if input is None else input, predictor, encoding)
    answers, about = answered(predictor, inputs, reading, sure), page_of(predictor, model, input)
    with stored(answers, store, predictor) as answers:
        if store is not None and output is None and format is None:
            drain(answers)
        elif output is None:
            write(answers, form, sys.stdout, about)
        else:
            write_file(answers, form, output, about)
    say_what_was_read(reading)
    if reading.failed:
        raise typer.Exit(2)


def say_what_was_read(reading: Reading) -> None:
    """Say on standard error what failed, and what was not read at once and whole; nothing where all was."""
    for sentence in reading.sentences():
        say(sentence)


def converse(predictor: Predictor[Any], form: OutputFormat, reading: Reading, threshold: Threshold) -> None:
    """Answer a person at a terminal line by line, until Ctrl-D; a line that fails gets its error.

    A model of dialogues answers for each line as the next turn of the dialogue so far, in the person's own words.
    """
    from spanloom.run.cli.texts import arguments, together

    say(f"{GREETINGS[min(predictor.texts, 2)]}; Ctrl-D ends.")
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
            say("A new dialogue.")
            continue
        failed = reading.failed
        answers = answered(predictor, arguments(predictor, parts), reading, threshold)
        write(answers, form, sys.stdout, drawn_by(predictor))
        if reading.failed == failed:
            turns = parts
    say("")

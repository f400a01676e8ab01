"""`spanloom predict`: texts in, answers out."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanloom.errors import ConfigError
from spanloom.run.cli.answers import (
    About,
    Answers,
    How,
    OutputFormat,
    about,
    answered,
    default_format,
    refuse_unfit,
    write,
)
from spanloom.run.cli.settings import Device, Look, SecondLook
from spanloom.run.cli.storing import StorePath, drain, refuse_to_store, stored
from spanloom.run.cli.threshold import Thresholds, thresholds
from spanloom.write.lines import atomic_text, refuse_to_replace
from spanloom.write.terminal import say

if TYPE_CHECKING:
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
        typer.Option(
            "--input",
            "-i",
            metavar="FILE|FOLDER|-",
            help="Texts: .txt, one a line; JSON lines; CSV, TSV with a header; Parquet; annotated data; packed or not.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--format", "-f", help="By default what --output ends in, a table on a terminal, JSON lines elsewhere."
        ),
    ] = None,
    text_field: Annotated[
        list[str] | None,
        typer.Option(
            "--text-field", metavar="NAME", help="The field of the text; a.b is one in another. Of pairs give two."
        ),
    ] = None,
    encoding: Annotated[str, typer.Option("--encoding", help="The encoding of --input.")] = "utf-8",
    device: Annotated[Device, typer.Option("--device", help="Where the network is run.")] = Device.auto,
    second_look: SecondLook = Look.auto,
    threshold: Thresholds = None,
    store: StorePath = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Answer this many texts at most.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first text that fails.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a job that was stopped.")] = False,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS|local", help="Answer a folder into a folder, on a Ray cluster."),
    ] = None,
) -> None:
    """Answer for texts: entities and relations, tags, labels, or a rewrite, whatever the model was trained for.

    A model of sentence pairs takes the two texts as two arguments, or on one line with a tab between; one of dialogues
    takes the turns so. Without a text and without --input, a terminal is read line by line and anything else as
    --input - would be.

    A text that fails has its error in place of an answer, and the others are answered; the exit status is then 2. The
    fields of an input stay beside its answer, whose own win where both have one. What was longer than the model
    reads at once, and whatever was left out of it, is said at the end.

    An output file is there when all answers are. Until then they are kept beside it in FILE.part, and --resume goes on
    from there. On a cluster every file of the output is whole, and the same command always goes on.
    """
    refuse_contradictions(texts, input, output, resume)
    typed = not texts and input is None and sys.stdin.isatty()
    refuse_to_store(store, output, input, typed)
    if ray is not None:
        from spanloom.run.cluster.job import refuse_unfit as refuse_unfit_for_cluster

        apart = {"a text": texts, "standard input": input in (None, "-"), "--strict": strict}
        apart["--device cuda"] = device is Device.cuda
        apart["--store and --format parquet"] = store is not None and format is OutputFormat.parquet
        refuse_unfit_for_cluster(ray, apart, output, format)
    form = format or (OutputFormat.jsonl if ray is not None else default_format(output))
    least = thresholds(threshold or [])
    from spanloom.decode.threshold import Threshold, threshold_for
    from spanloom.predict.predictor import load
    from spanloom.predict.reading import Reading
    from spanloom.run.cli.entries import Maker
    from spanloom.run.cli.jobs import Output, job_of, write_file
    from spanloom.run.cli.lines import checked_encoding
    from spanloom.run.cli.progress import watched
    from spanloom.run.cli.texts import arguments, inputs_of

    checked_encoding(encoding)
    predictor, reading = load(model, second_look=second_look.value, device=device.value), Reading()
    sure = threshold_for(least, predictor.task, predictor.codec) if least else Threshold()
    how, told = How(sure, strict, limit), about(predictor, model, input)
    if ray is None:
        refuse_unfit(form, told, output)
    if typed:
        converse(predictor, form, reading, how)
        say_what_was_read(reading)
        return
    maker = Maker(predictor, encoding, text_field or ())
    inputs = arguments(predictor, texts) if texts else inputs_of("-" if input is None else input, maker)
    with stored(store, predictor) as keep:
        how = replace(how, keep=keep)
        if ray is not None and input is not None and output is not None:
            from spanloom.run.cluster.job import Asked, answer_on_cluster

            answer_on_cluster(Asked(ray, model, Path(input), output, form), maker, how, reading)
        elif output is None or (output.exists() and not output.is_file() and not output.is_dir()):
            answers = watched(answered(predictor, inputs, reading, how), inputs, how, hidden=sys.stdout.isatty())
            if keep is not None and output is None and format is None:
                drain(answers)
            else:
                write_stream(answers, form, output, told)
        else:
            goal = Output(output, form, told, resume)
            write_file(predictor, inputs, reading, how, goal, job_of(predictor, input, maker, how, goal))
    say_what_was_read(reading)
    if reading.failed:
        raise typer.Exit(2)


def refuse_contradictions(texts: list[str] | None, input: str | None, output: Path | None, resume: bool) -> None:
    """Raise ConfigError for options that do not go together."""
    if texts and input is not None:
        raise ConfigError("predict", f"a text and --input {input}", "one of the two", "Leave one out.")
    if resume and (output is None or input in (None, "-")):
        found, expected = "there is nothing to go on from", "an --input that is a file or a folder, and an --output"
        raise ConfigError("--resume", found, expected, "Name both, or leave --resume out.")
    if not texts:
        refuse_to_replace(output, Path("/dev/stdin" if input in (None, "-") else str(input)))
    folder = Path(input) if input is not None and Path(input).is_dir() else None
    if output is not None and folder is not None and folder.resolve() in output.resolve().parents:
        raise ConfigError(str(output), f"is in {input}, which is read", "a place outside it", "Name another output.")


def write_stream(answers: Answers, form: OutputFormat, output: Path | None, told: About) -> None:
    """Write the answers to standard output, or to a pipe or a device."""
    if output is None:
        write(answers, form, sys.stdout, told)
    else:
        with atomic_text(output) as file:
            write(answers, form, file, told)


def say_what_was_read(reading: Reading) -> None:
    """Say on standard error what failed, and what was not read at once and whole; nothing where all was."""
    for sentence in reading.sentences():
        say(sentence)


def converse(predictor: Predictor[Any], form: OutputFormat, reading: Reading, how: How) -> None:
    """Answer a person at a terminal line by line, until Ctrl-D; a line that fails gets its error.

    A model of dialogues answers for each line as the next turn of the dialogue so far, in the person's own words.
    """
    from spanloom.run.cli.entries import together
    from spanloom.run.cli.texts import arguments

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
        answers = answered(predictor, arguments(predictor, parts), reading, how)
        write(answers, form, sys.stdout, replace(about(predictor, None, None), provenance=None))
        if reading.failed == failed:
            turns = parts
    say("")

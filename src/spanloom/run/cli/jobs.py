"""Answers to a file: kept as they come in a journal, from which the file is made when all of them are there."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from spanloom.config import DataConfig
from spanloom.errors import ConfigError, DataError
from spanloom.run.cli.answers import OF_TOOLS, About, Answers, How, OutputFormat, answered, json_line, write
from spanloom.run.cli.entries import Inputs, Maker
from spanloom.run.cli.progress import watched
from spanloom.run.cli.texts import files_of
from spanloom.text.counts import several
from spanloom.write.atomic import atomic_file
from spanloom.write.formats import target_for, written
from spanloom.write.formats.parts.ledger import Ledger
from spanloom.write.formats.parts.target import Options
from spanloom.write.journal import RESUME, Job, Journal
from spanloom.write.lines import atomic_text, write_lines
from spanloom.write.told import Told

if TYPE_CHECKING:
    from spanloom.predict.predictor import Predictor
    from spanloom.predict.reading import Reading


@dataclass(frozen=True)
class Output:
    """The file to be made, its format, what a page says of it, and whether a job that was stopped goes on."""

    path: Path
    form: OutputFormat
    about: About
    resume: bool = False


def job_of(predictor: Predictor[Any], input: str | None, maker: Maker, how: How, output: Output) -> Job:
    """What a job is made of: one of anything else must not go on from its answers."""
    from spanloom.predict.fingerprint import files_hash, model_hash

    path = None if input in (None, "-") else Path(str(input))
    files = [] if path is None else files_of(path)
    if path is not None and path.is_dir() and not files:
        files = sorted(file for file in path.rglob("*") if file.is_file())
    beside = None if path is None else path if path.is_dir() else path.parent
    texts = files_hash(files, beside) if files and beside is not None else None
    options = {
        "format": output.form.value,
        "threshold": repr(how.threshold),
        "limit": str(how.limit),
        "second look": predictor.second_look,
        "text field": " ".join(maker.text_fields),
        "encoding": maker.encoding,
    }
    return {"model": model_hash(predictor.source), "input": texts, **options}


def write_file(predictor: Predictor[Any], inputs: Inputs, reading: Reading, how: How, output: Output, job: Job) -> None:
    """Answer the inputs to a file that is there when all answers are.

    What was answered when the job is stopped, by a signal, a full disk or a text that fails where that stops it, stays
    for one that goes on. Raises DataError for an input that cannot be read on, and then nothing stays.
    """
    goes_on = None not in job.values()
    if output.resume and not goes_on:
        missing = "the input is no file" if job["input"] is None else "the model is in no folder"
        raise ConfigError(RESUME, missing, "a file or a folder, which is the same again", f"Leave {RESUME} out.")
    journal = Journal(output.path, job, output.resume)
    try:
        if how.keep is not None:
            for told in _before(journal, output):  # the last of them may not have been kept
                how.keep(told)
        reading.count_before(map(_failed, journal.lines()) if journal.done else ())
        answers = answered(predictor, inputs, reading, replace(how, skip=journal.done))
        for told in watched(answers, inputs, how, journal.done):
            journal.add(json_line(told.together() if output.form is OutputFormat.jsonl else told.written()))
        _make(journal, output)
    except KeyboardInterrupt:
        _leave(journal, goes_on)
        if not goes_on:
            raise
        said = f"Interrupted after {several(journal.done, 'text')}; the same command with {RESUME} goes on."
        raise KeyboardInterrupt(said) from None
    except DataError as error:
        _leave(journal, goes_on and how.strict)
        left = f"With {RESUME} the job goes on." if goes_on and how.strict else f"Nothing was written to {output.path}."
        raise DataError(error.where, error.found, error.expected, f"{error.remedy} {left}".lstrip()) from error
    except BaseException:
        _leave(journal, goes_on)
        raise


def _leave(journal: Journal, goes_on: bool) -> None:
    if goes_on:
        journal.close()
    else:
        journal.remove()


def _failed(line: str) -> bool:
    """Whether a line of a journal has an error in place of an answer."""
    if '"error"' not in line:
        return False
    told = json.loads(line)
    return "error" in (told if isinstance(told, dict) else told[0])


def _make(journal: Journal, output: Output) -> None:
    """Make the file of the journal."""
    if output.form is OutputFormat.jsonl:
        journal.become_target()
        return
    if output.form is OutputFormat.parquet:
        from spanloom.write.parquet import write_parquet

        with atomic_file(output.path, "wb") as file:
            write_parquet(file, lambda: (told.together() for told in _told(journal)))
    elif output.form in OF_TOOLS:
        _make_for_a_tool(journal, output)
    else:
        with atomic_text(output.path) as text:
            if output.form is OutputFormat.csv:
                from spanloom.write.facts import heads_of, table_of_facts

                heads = heads_of(_told(journal), output.about.kind)
                text.writelines(table_of_facts(_told(journal), output.about.kind, heads))
            else:
                write(_told(journal), output.form, text, output.about)
    journal.remove()


def _make_for_a_tool(journal: Journal, output: Output) -> None:
    """Make a file of predictions that an annotation tool reads; a text that failed is left out."""
    about, path = output.about, output.path
    target = target_for(output.form, about.task, "--format", predictions=True)
    options = Options(about.task.line, predictions=True, model=about.provenance.model if about.provenance else "")
    with TemporaryDirectory(dir=path.resolve().parent, prefix=f".{path.name[:60]}.") as folder:
        lines = Path(folder, "answers.jsonl")
        write_lines(lines, (told.together() for told in _told(journal) if "error" not in told.shown))
        data = DataConfig(format="spanloom", unknown_keys="ignored", max_characters=sys.maxsize)
        written(path, about.task.read(lines, data) if lines.stat().st_size else (), target, options, Ledger())


def _before(journal: Journal, output: Output) -> Answers:
    """What was told before a job goes on."""
    if output.form is OutputFormat.jsonl:
        return (Told(told, told) for told in map(json.loads, journal.lines()))
    return _told(journal)


def _told(journal: Journal) -> Answers:
    return map(Told.read, journal.lines())

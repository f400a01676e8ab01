"""A folder of texts through a cluster: what is not answered yet, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanloom.errors import ConfigError, DataError, FileError
from spanloom.run.cli.answers import How, OutputFormat
from spanloom.run.cli.entries import Maker
from spanloom.run.cli.jobs import settings_of
from spanloom.run.cli.progress import with_bar
from spanloom.run.cluster import blocks as planned
from spanloom.run.cluster.blocks import Block, blocks_of
from spanloom.run.cluster.folder import Done, Folder
from spanloom.run.cluster.pool import cluster, outcomes, refuse_unreachable
from spanloom.run.cluster.worker import Fault, Outcome, Work
from spanloom.text.counts import several, were
from spanloom.write.parquet_folder import give_same_columns
from spanloom.write.terminal import say
from spanloom.write.told import Told

if TYPE_CHECKING:
    from spanloom.predict.reading import Reading


@dataclass(frozen=True)
class Asked:
    """Where a job is to be done, from which files or folder, and into which folder. model: None for the bundled one."""

    address: str
    model: Path | None
    input: Path
    output: Path
    form: OutputFormat


def refuse_unfit(address: str, asked: Mapping[str, object], output: Path | None, form: OutputFormat | None) -> None:
    """Raise ConfigError for what no cluster can do. asked: options that it cannot have, with their values."""
    for name, value in asked.items():
        if value:
            expected = "an --input that is a folder or a file, an --output that is a folder"
            raise ConfigError("--ray", f"does not go together with {name}", expected, f"Leave {name} or --ray out.")
    if form not in (None, OutputFormat.jsonl, OutputFormat.parquet):
        raise ConfigError(
            "--format", f"{form} is no format that a cluster writes", "jsonl or parquet", "Name one of them."
        )
    if output is None:
        raise ConfigError("--ray", "there is no --output", "a folder for the answers", "Name one.")
    refuse_unreachable(address)


def answer_on_cluster(asked: Asked, maker: Maker, how: How, reading: Reading) -> None:
    """Answer the texts of the input that are not answered yet, a file a block in the folder of the output.

    Raises ConfigError where that folder is of another job, and at the end DataError where a block has no answers.
    """
    predictor = maker.predictor
    blocks = blocks_of(asked.input, maker, how.limit)
    job = {**settings_of(predictor, maker, how, asked.form), "block size": str(planned.TEXTS)}
    if job["model"] is None:
        raise ConfigError("--ray", "the model is in no folder", "a bundle or a run folder", "Name one with --model.")
    work = Work(
        asked.model,
        job["model"],
        asked.input,
        asked.output,
        asked.form,
        how.threshold,
        predictor.second_look,
        maker.encoding,
        maker.text_fields,
    )
    with closing(Folder(asked.output, job, blocks)) as folder:
        try:
            _go_on(_Job(asked, work, how, folder), blocks, reading)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                "Interrupted; the same command goes on with the blocks that are not done."
            ) from None


@dataclass(frozen=True)
class _Job:
    asked: Asked
    work: Work
    how: How
    folder: Folder


def _go_on(job: _Job, blocks: list[Block], reading: Reading) -> None:
    """Answer what is not done, and say what was done."""
    before = job.folder.before
    known = {done.block for done in before}
    for done in before:
        reading.failed += done.failed
        reading.inputs += done.texts - done.failed
        _keep(job, done.block)  # the last of them may not have been kept
    left = dict.fromkeys(block for block in blocks if block not in known)
    texts, cpu, faults = 0, 0.0, []
    if left:
        with cluster(job.asked.address):
            for outcome in _watched(job, list(left), len(blocks)):
                if outcome.fault is None:
                    texts += _take(job, outcome, reading)
                    cpu += outcome.cpu
                    del left[outcome.block]
                elif issubclass(outcome.fault.kind, ConfigError):  # which every other block would meet
                    raise outcome.fault.error()
                else:
                    faults.append(outcome.fault)
    there = f"; {were(len(before), 'block')} there already" if before else ""
    rate = f"; {texts / cpu:,.0f} texts a second of a processor" if cpu else ""
    say(f"Answered {several(texts, 'text')} in {several(len(blocks) - len(left) - len(before), 'block')}{there}{rate}.")
    _refuse_missing(list(left), faults)
    if job.asked.form is OutputFormat.parquet:
        give_same_columns([job.work.file_of(block) for block in blocks])


def _watched(job: _Job, left: list[Block], total: int) -> Iterator[Outcome]:
    """The outcomes as they come, with a bar where there is a terminal."""
    before, ended = job.folder.before, total - len(left)
    counted = (
        (outcome, outcome.reading.inputs + outcome.reading.failed, number / total)
        for number, outcome in enumerate(outcomes(left, job.work), start=ended + 1)
    )
    return with_bar(counted, sum(done.texts for done in before), ended / total)


def _take(job: _Job, outcome: Outcome, reading: Reading) -> int:
    """Note that a block is done, once its answers are kept; how many texts it had."""
    file = job.work.file_of(outcome.block)
    if not file.is_file():
        remedy = "Name a folder that every node has under the same path, such as one on a network drive."
        raise FileError(str(file), "was written on another node and is not here", remedy=remedy)
    _keep(job, outcome.block)
    texts = outcome.reading.inputs + outcome.reading.failed
    job.folder.add(Done(outcome.block, texts, outcome.reading.failed))
    reading.add(outcome.reading)
    return texts


def _keep(job: _Job, block: Block) -> None:
    """Give the answers of a block to what takes note of them."""
    if job.how.keep is not None:
        with job.work.file_of(block).open(encoding="utf-8") as lines:
            for line in lines:
                told: dict[str, Any] = json.loads(line)
                job.how.keep(Told(told, told))


def _refuse_missing(left: list[Block], faults: list[Fault]) -> None:
    """Raise an error where blocks have no answers."""
    if not left:
        return
    missing = f"{several(len(left), 'block')} of texts {'has' if len(left) == 1 else 'have'} no answers."
    again = "The same command tries again."
    if faults:
        where, found, expected, remedy = faults[0].parts
        parts = (where, found, expected, f"{remedy} {missing} {again}".lstrip())
        raise Fault(faults[0].kind, parts).error()
    found = f"workers died again and again with it, as where there is too little memory; {missing}"
    raise DataError(f"{left[0].file}, block {left[0].number}", found.rstrip("."), "", again)

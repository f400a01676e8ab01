"""What one process of a cluster does: it loads the model once, and answers block after block, each to a file."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spanloom.decode.threshold import Threshold
from spanloom.errors import ConfigError, FileError, SpanloomError
from spanloom.predict.fingerprint import model_hash
from spanloom.predict.predictor import Predictor, SecondLook, load
from spanloom.predict.reading import Reading
from spanloom.run.cli.answers import How, OutputFormat, answered, json_line
from spanloom.run.cli.entries import Entry, Inputs, Maker
from spanloom.run.cluster.blocks import Block, block_entries, root_of
from spanloom.write.atomic import atomic_file
from spanloom.write.lines import atomic_text
from spanloom.write.parquet import write_parquet

FILE, POSITION = "input_file", "input_position"
"""The fields of an answer that say where its text stood."""


@dataclass(frozen=True)
class Work:
    """What all workers are told. model: the folder, None for the bundled one, and the hash it must have there.
    input, output: what was typed, as seen from the folder `here`.
    """

    model: Path | None
    hash: str | None
    input: Path
    output: Path
    form: OutputFormat
    threshold: Threshold = field(default_factory=Threshold)
    second_look: SecondLook = "auto"
    encoding: str = "utf-8"
    text_fields: Sequence[str] = ()
    here: Path = field(default_factory=Path.cwd)

    def file_of(self, block: Block) -> Path:
        """Where the answers of a block are."""
        return self.output / f"{block.name}.{self.form.value}"


@dataclass(frozen=True)
class Fault:
    """An error on its way from one process to another, by its parts: it cannot be pickled as it is."""

    kind: type[SpanloomError]
    parts: tuple[str, str, str, str]

    @staticmethod
    def of(error: SpanloomError) -> Fault:
        return Fault(type(error), (error.where, error.found, error.expected, error.remedy))

    def error(self) -> SpanloomError:
        made = self.kind.__new__(self.kind)
        SpanloomError.__init__(made, *self.parts)
        return made


@dataclass(frozen=True)
class Outcome:
    """What became of a block. fault: why it has no answers, None where it has. cpu: the seconds of a processor that it
    took. process: of which worker, by its number."""

    block: Block
    reading: Reading = field(default_factory=Reading)
    fault: Fault | None = None
    cpu: float = 0.0
    process: int = field(default_factory=os.getpid)


class Worker:
    """Answers blocks. What fails is told, not raised: a worker that raised would be begun anew, and fail again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._predictor: Predictor[Any] | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Outcome]]:
        """As `map_batches` calls it: blocks in, and what became of each."""
        return {"outcome": [self.outcome(block) for block in batch["block"]]}

    def outcome(self, block: Block) -> Outcome:
        """What was read of a block, the answers to which are then in their file, or why there is none."""
        try:
            predictor, began = self._loaded(), time.process_time()
            return Outcome(block, self._answer(block, predictor), cpu=time.process_time() - began)
        except SpanloomError as error:
            return Outcome(block, fault=Fault.of(error))
        except OSError as error:
            return Outcome(block, fault=Fault.of(FileError.of(error)))
        except Exception as error:  # a bug of ours, which must not look like a worker that died
            found = f"failed with {type(error).__name__}: {error}"
            remedy = "This is a bug in spanloom: please report it."
            return Outcome(block, fault=Fault.of(SpanloomError(f"block {block.name}", found, remedy=remedy)))

    def _loaded(self) -> Predictor[Any]:
        """The predictor, when it is first needed. Raises ConfigError where the model here is another."""
        if self._predictor is None:
            with suppress(OSError):
                os.chdir(self._work.here)  # so that paths, and errors that name them, are as they were typed
            predictor = load(self._work.model, threads=1, second_look=self._work.second_look, device="cpu")
            if model_hash(predictor.source) != self._work.hash:
                found, expected = "is another on a node of the cluster", "the same files on all of them"
                raise ConfigError(str(predictor.source), found, expected, "Copy it to all nodes.")
            self._predictor = predictor
        return self._predictor

    def _answer(self, block: Block, predictor: Predictor[Any]) -> Reading:
        work, reading = self._work, Reading()
        maker = Maker(predictor, work.encoding, work.text_fields)
        entries = block_entries(block, root_of(work.input) / block.file, maker)
        rows = _rows(block, entries, predictor, reading, How(work.threshold))
        path = work.file_of(block)
        if work.form is OutputFormat.parquet:
            kept = [{**row, "error": row.get("error")} for row in rows]  # a column of every file
            with atomic_file(path, "wb") as file:
                write_parquet(file, lambda: iter(kept))
        else:
            with atomic_text(path) as text:
                text.writelines(f"{json_line(row)}\n" for row in rows)
        return reading


def _rows(
    block: Block, entries: Iterator[tuple[int, Entry]], predictor: Predictor[Any], reading: Reading, how: How
) -> Iterator[dict[str, Any]]:
    """The answers of a block with where their texts stood."""
    numbers: deque[int] = deque()

    def taken() -> Iterator[Entry]:
        for number, entry in entries:
            numbers.append(number)
            yield entry

    for told in answered(predictor, Inputs(taken()), reading, how):
        yield {**told.together(), FILE: block.file, POSITION: numbers.popleft()}

"""The folder that a job on a cluster fills: the answers of each block in a file, and a list of what is done.

    FOLDER/a.jsonl.00003.jsonl     answers to the fourth block of the input file a.jsonl
    FOLDER/.blocks.part            a line for each block that is done, and one before them
    FOLDER/.blocks.part.json       by which model and with which options

Both lists have names that readers of a folder of data pass over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spanloom.errors import ConfigError
from spanloom.run.cluster.blocks import Block
from spanloom.write.journal import Job, Journal

LIST = ".blocks"
OTHER = "Name another folder, or empty this one."


@dataclass(frozen=True)
class Done:
    """A block that is done. texts: its answers and errors. failed: the errors among them."""

    block: Block
    texts: int
    failed: int

    @staticmethod
    def read(line: str) -> Done:
        fields = json.loads(line)
        return Done(Block(**fields["block"]), fields["texts"], fields["failed"])

    def written(self) -> str:
        return json.dumps({"block": self.block.to_dict(), "texts": self.texts, "failed": self.failed})


class Folder:
    """The list of what is done in a folder. before: what earlier processes did."""

    def __init__(self, path: Path, job: Job, blocks: Sequence[Block]) -> None:
        """Raises ConfigError where the folder holds something else, answers of another job or to other texts, and where
        another process fills it; FileError where it cannot be written."""
        if path.exists() and not path.is_dir():
            raise ConfigError(str(path), "is a file", "a folder for the answers", "Name another output.")
        if path.is_dir() and not (path / f"{LIST}.part").exists() and any(path.iterdir()):
            raise ConfigError(str(path), "holds other files", "an empty folder, or answers to go on with", OTHER)
        try:
            self._list = Journal(path / LIST, job, resume=True)
        except ConfigError as error:
            if not error.expected:  # another process holds it
                raise
            raise ConfigError(str(path), error.found, error.expected, OTHER) from None
        try:
            if not self._list.done:
                self._list.add(json.dumps({"blocks": len(blocks)}))
            self.before = [Done.read(line) for line in list(self._list.lines())[1:]]
            _refuse_other_texts(path, self.before, blocks)
        except BaseException:
            self.close()
            raise

    def add(self, done: Done) -> None:
        """A block is done, whatever happens from here on."""
        self._list.add(done.written())

    def close(self) -> None:
        self._list.close()


def _refuse_other_texts(path: Path, before: Sequence[Done], blocks: Sequence[Block]) -> None:
    """Raise ConfigError where answers are to texts that are not, or not any more, in the input."""
    asked = set(blocks)
    for done in before:
        if done.block not in asked:
            found = f"holds answers to {done.block.file} as it is not in the input"
            raise ConfigError(str(path), found, "the same files as when it was begun, or more of them", OTHER)

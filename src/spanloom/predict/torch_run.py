"""Prediction with a training run, by PyTorch: the only file here that imports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spanloom.contracts import Codec, Task
from spanloom.core import Array, Arrays
from spanloom.errors import MissingExtra
from spanloom.tasks import find_task
from spanloom.text.scripts import Scripts

try:
    from spanloom.engine.device import pick_device
    from spanloom.engine.evaluate import TorchBackend
    from spanloom.engine.model_folder import load_model, read_letters
    from spanloom.engine.repeat import repeatable
except ModuleNotFoundError as error:
    if (error.name or "").startswith("spanloom"):
        raise
    raise MissingExtra("Running a training run", "train") from error


@dataclass(frozen=True)
class RepeatableBackend(TorchBackend):
    """A run's network, whose answers are the same bits each time on a CPU. threads: of PyTorch, 0 for all."""

    threads: int = 0

    def forward(self, inputs: Mapping[str, Array]) -> Arrays:
        with repeatable(self.device, self.threads):
            return super().forward(inputs)


def open_run(folder: Path, threads: int | None = None) -> tuple[Task, Codec, RepeatableBackend, Scripts | None]:
    """Task, codec, network and scripts of a run folder. Raises CheckpointError for one that is damaged."""
    task, _, codec, model = load_model(folder, find_task)
    device = pick_device()
    letters = read_letters(folder)
    backend = RepeatableBackend(model.to(device), device, threads=threads or 0)
    return task, codec, backend, None if letters is None else Scripts(letters)

"""Prediction with a training run, by PyTorch: the only file here that imports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spanloom.contracts import Codec, Task
from spanloom.core import Array, Arrays
from spanloom.errors import ConfigError, MissingExtra
from spanloom.predict.outcomes import Device
from spanloom.tasks import find_task
from spanloom.text.scripts import Scripts

try:
    import torch

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


def open_run(
    folder: Path, threads: int | None = None, wanted: Device = "auto"
) -> tuple[Task, Codec, RepeatableBackend, Scripts | None]:
    """Task, codec, network and scripts of a run folder. Raises CheckpointError for one that is damaged, ConfigError
    where there is no such device."""
    device = pick_device() if wanted == "auto" else torch.device(wanted)
    if device.type == "cuda" and not torch.cuda.is_available():
        found, remedy = f"PyTorch {torch.__version__} sees no GPU", "Run 'spanloom doctor', or use --device cpu."
        raise ConfigError("--device", found, "one that it can use", remedy)
    task, _, codec, model = load_model(folder, find_task)
    letters = read_letters(folder)
    backend = RepeatableBackend(model.to(device), device, threads=threads or 0)
    return task, codec, backend, None if letters is None else Scripts(letters)

"""A finished model on disk, to use.

RUN/model/   weights.safetensors, codec.json, model.json, perhaps tokenizer.json
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from spanloom.config import RunConfig, config_from_table, to_table
from spanloom.contracts import Codec, Task
from spanloom.core import Example
from spanloom.decode.rows import predict_rows
from spanloom.engine.checkpoint import FORMAT, check_fit, check_format
from spanloom.engine.evaluate import TorchBackend
from spanloom.errors import CheckpointError, ConfigError, MissingExtra, SpanloomError
from spanloom.nn.model import Model
from spanloom.nn.storage import load_json, load_tensors, read_bytes, store, store_json, store_tensors
from spanloom.text.scripts import Scripts

RESTORE = "Restore the model folder from a copy."
CALIBRATION = "calibration"
"""The key of a codec's dict under which what `Task.calibrate` found stands."""


class SavedModel(NamedTuple):
    """A model with what it needs to be used. The module is in evaluation mode, on the CPU."""

    task: Task
    config: RunConfig
    codec: Codec
    model: Model


def save_model(
    folder: Path, task: Task, config: RunConfig, codec: Codec, model: Model, scripts: Scripts | None = None
) -> None:
    """Write a model folder: everything needed to use the model without its pretrained encoder or its training data.

    `model.architecture` is among it, from which `task.build` makes the same module. scripts: of the training data.
    """
    table = to_table(config)
    table["data"] = {key: value for key, value in table["data"].items() if key not in ("train", "dev", "fill")}
    save_codec(folder, codec)
    tokenizer = codec.tokenizer_json()
    if tokenizer is not None:
        store(folder / "tokenizer.json", tokenizer)
    about = {"format": FORMAT, "task": task.name, "architecture": model.architecture, "config": table}
    if scripts is not None:
        about["scripts"] = dict(scripts.letters)
    store_json(folder / "model.json", about)
    hashed = {"format": FORMAT, "codec": _codec_hash(codec.to_dict())}
    store_tensors(folder / "weights.safetensors", model.state_dict(), hashed)


def save_codec(folder: Path, codec: Codec) -> None:
    """Write the codec of a model folder, alone: one that was calibrated takes the place of the one before."""
    store(folder / "codec.json", json.dumps(codec.to_dict(), ensure_ascii=False))


def _codec_hash(table: Mapping[str, Any]) -> str:
    """SHA-256 of what weights are trained with: all of a codec but what is fitted on dev data afterwards."""
    trained = {key: value for key, value in table.items() if key != CALIBRATION}
    return hashlib.sha256(json.dumps(trained, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def load_model(folder: Path, find_task: Callable[[str], Task]) -> SavedModel:
    """Load a model folder, or the `model` folder of a run. find_task: a task's name -> the task.

    Raises CheckpointError where a file is missing or damaged, or codec and weights do not belong together.
    """
    folder, about = _described(folder)
    task, config = _read_settings(folder, about, find_task)
    weights, hashed = load_tensors(folder / "weights.safetensors", RESTORE)
    table = load_json(folder / "codec.json")
    if _codec_hash(table) != hashed.get("codec"):
        found = "is not the codec that these weights were trained with"
        raise CheckpointError(str(folder / "codec.json"), found, "", RESTORE)
    tokenizer = folder / "tokenizer.json"
    try:
        codec = task.load(table, read_bytes(tokenizer).decode("utf-8") if tokenizer.exists() else None)
    except CheckpointError:
        raise
    except Exception as error:  # written by another version, as the weights vouch for it; tokenizer.json may be damaged
        found = f"is not a codec that this version of spanloom reads ({_reason(error)})"
        raise CheckpointError(str(folder / "codec.json"), found, "", "Train the model again.") from error
    model = _build(folder, task, config, codec, about.get("architecture"), weights)
    model.load_state_dict(weights)
    model.eval()
    _try_out(folder, task, codec, model)
    return SavedModel(task, config, codec, model)


def read_task(folder: Path, find_task: Callable[[str], Task]) -> Task:
    """The task of a model folder, or of a run, without its weights. Raises CheckpointError as `load_model` does."""
    task, _ = _read_settings(*_described(folder), find_task)
    return task


def task_named(folder: Path) -> str:
    """What the task of a model folder, or of a run, is called. Raises CheckpointError where nothing says it."""
    return str(_described(folder)[1].get("task"))


def _described(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The model folder of a run, or this folder, and what its `model.json` says."""
    folder = folder / "model" if (folder / "model").is_dir() else folder
    about = load_json(folder / "model.json")
    check_format(folder / "model.json", about)
    return folder, about


def read_letters(folder: Path) -> Mapping[str, int] | None:
    """How many letters of each script the model of a folder, or of a run, was trained on; None where it does not say.

    Raises CheckpointError where they are none.
    """
    path = (folder / "model" if (folder / "model").is_dir() else folder) / "model.json"
    about = load_json(path)
    try:
        return Scripts.from_dict(about["scripts"]).letters if "scripts" in about else None
    except ValueError as error:
        raise CheckpointError(str(path), f"scripts: {error}", "what the training wrote", RESTORE) from None


def _try_out(folder: Path, task: Task, codec: Codec, model: Model) -> None:
    """Raise CheckpointError where the model cannot read one small text: a value that nobody asked for until now."""
    several = codec.texts != 1
    try:
        item = task.prepare([task.trial, task.trial] if several else task.trial, codec)
        rows = [codec.encode(Example(item))]
        task.show(item, predict_rows(TorchBackend(model), codec, rows, check=None)[0])
    except MissingExtra:
        raise
    except Exception as error:  # whatever values out of all reason lead to
        found = f"makes a model that cannot read the text {task.trial!r} ({_reason(error)})"
        raise CheckpointError(str(folder / "model.json"), found, "what the training wrote", RESTORE) from error


def _read_settings(folder: Path, about: Mapping[str, Any], find_task: Callable[[str], Task]) -> tuple[Task, RunConfig]:
    """Task and settings of a `model.json`. Raises CheckpointError where they are not whole."""
    path = folder / "model.json"
    for key, kind in (("task", str), ("config", dict)):
        if not isinstance(about.get(key), kind):
            found = f"{key} is {str(about.get(key))[:80]!r}"
            raise CheckpointError(str(path), found, f"a value of type {kind.__name__}", RESTORE)
    try:
        task = find_task(about["task"])
        config = config_from_table(about["config"], str(path), folder, lambda name: find_task(name).config)
    except ConfigError as error:
        raise CheckpointError(str(path), error.found, error.expected, RESTORE) from error
    except Exception as error:  # whatever values of other types lead to
        raise CheckpointError(str(path), f"is damaged ({_reason(error)})", "", RESTORE) from error
    if config.task != task.name:
        found = f"config.task is {config.task[:80]!r}, task {task.name!r}"
        raise CheckpointError(str(path), found, "the same task twice", RESTORE)
    return task, config


def _build(
    folder: Path, task: Task, config: RunConfig, codec: Codec, architecture: Any, weights: Mapping[str, Tensor]
) -> Model:
    """The module of a model folder, which its weights fit. Raises CheckpointError where they do not.

    It is first made without memory: sizes out of all reason would take more than there is.
    """
    path = folder / "model.json"
    try:
        for table in (to_table(config.model), architecture):
            _check_numbers(table, len(weights))
        with torch.device("meta"):
            sketch = task.build(config.model, codec, architecture)
    except Exception as error:
        found = f"does not say how the model is made ({_reason(error)})"
        raise CheckpointError(str(path), found, "what the training wrote", RESTORE) from error
    check_fit(sketch, weights, folder / "weights.safetensors")
    model: Model = task.build(config.model, codec, architecture)
    return model


def _check_numbers(table: Any, weights: int) -> None:
    """Raise ValueError for a number that is none, and for more layers than there are weights: building those, even
    without memory, takes hours.
    """
    if isinstance(table, Mapping):
        for key, value in table.items():
            if "layer" in key and type(value) is int and value > weights:
                raise ValueError(f"{key} is {value}, but there are {weights} weights")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{key} is {value}")
            _check_numbers(value, weights)


def _reason(error: Exception) -> str:
    return " ".join((str(error) if isinstance(error, ValueError | SpanloomError) else repr(error)).split())[:200]

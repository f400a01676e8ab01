"""A training on disk, to go on with.

RUN/checkpoint/last.safetensors       weights, optimizer, average; its header has numbers, settings and a hash.
                                      The first is written before the first step
RUN/checkpoint/previous.safetensors   the one before it
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from spanloom.engine.state import Training
from spanloom.errors import CheckpointError
from spanloom.nn.storage import load_tensors, store_tensors

FORMAT = 1
_NUMBERS = ("step", "epoch", "group", "best_epoch", "best_score", "factor", "bad_epochs", "totals")
_PREVIOUS = "previous/"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read. about: the numbers of `Training`, architecture, and the `conditions` of `resume.py`."""

    path: Path
    tensors: dict[str, Tensor]
    about: dict[str, Any]


def save_checkpoint(run: Path, state: Training, about: Mapping[str, Any]) -> None:
    """Save everything that `state` needs to go on. Until that is whole on disk, the last checkpoint keeps its name."""
    folder = run / "checkpoint"
    tensors = state.tensors()
    tensors |= {f"{_PREVIOUS}{name}": tensor for name, tensor in (state.previous or {}).items()}
    scaler = None if state.scaler is None else state.scaler.state_dict()
    numbers = {name: getattr(state, name) for name in _NUMBERS} | {"scaler": scaler}
    store_tensors(folder / "next.safetensors", tensors, {"format": FORMAT, **numbers, **about})
    if (folder / "last.safetensors").exists():
        os.replace(folder / "last.safetensors", folder / "previous.safetensors")
    os.replace(folder / "next.safetensors", folder / "last.safetensors")


def checkpoint_path(run: Path) -> Path | None:
    """The last checkpoint of a run, None where there is none."""
    last, previous = (run / "checkpoint" / f"{name}.safetensors" for name in ("last", "previous"))
    if not last.exists() and previous.exists():  # stopped between the two renames of a save
        return previous
    return last if last.exists() else None


def read_checkpoint(run: Path) -> Checkpoint:
    """The last checkpoint of a run. Raises CheckpointError where there is none, or none that can be used."""
    path = checkpoint_path(run)
    if path is None:
        raise CheckpointError(
            str(run), "has no checkpoint to go on from", "a run that was started", "Leave out --resume."
        )
    previous = path.with_name("previous.safetensors")
    remedy = "Start anew in another folder."
    if previous.exists() and path != previous:
        remedy = f"To go on from the checkpoint before it, move {previous} over it and resume again."
    tensors, about = load_tensors(path, remedy)
    check_format(path, about)
    missing = [name for name in (*_NUMBERS, "scaler", "config", "architecture", "fingerprint") if name not in about]
    if missing:
        found, expected = f"does not say {', '.join(missing)}", "a checkpoint of this version of spanloom"
        raise CheckpointError(str(path), found, expected, remedy)
    return Checkpoint(path, tensors, about)


def restore(checkpoint: Checkpoint, state: Training) -> None:
    """Put a checkpoint into a training that was begun with the same settings."""
    kept = {name: tensor for name, tensor in checkpoint.tensors.items() if not name.startswith(_PREVIOUS)}
    weights = {name.removeprefix("weights/"): tensor for name, tensor in kept.items() if name.startswith("weights/")}
    check_fit(state.model, weights, checkpoint.path)
    state.put_back(kept)
    previous = checkpoint.tensors.keys() - kept.keys()
    state.previous = {name.removeprefix(_PREVIOUS): checkpoint.tensors[name] for name in previous} or None
    for name in _NUMBERS:
        setattr(state, name, checkpoint.about[name])
    if state.scaler is not None:
        state.scaler.load_state_dict(checkpoint.about["scaler"])


def check_format(path: Path, about: Mapping[str, Any]) -> None:
    """Raise CheckpointError for a file of another version's format."""
    found = about.get("format")
    if type(found) is not int or found != FORMAT:
        shown = f"has format {str(found)[:80] if type(found) is int else repr(found)[:80]}"
        raise CheckpointError(str(path), shown, f"format {FORMAT}", "Use the version of spanloom that wrote it.")


def check_fit(model: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Raise CheckpointError where weights are not those of the model, by their names and shapes."""
    own = model.state_dict()
    odd = sorted(weights.keys() ^ own.keys())
    odd += sorted(name for name in weights.keys() & own.keys() if weights[name].shape != own[name].shape)
    if odd:
        found = f"does not fit the model: {', '.join(odd[:5])} are missing, unknown or of another shape"
        raise CheckpointError(
            str(path), found, "weights of this very model", "Use the settings that it was trained with."
        )

"""Which model said so: by the hash of its files, so that a copy of a folder is the same model under another name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.errors import CheckpointError, ConfigError
from spanloom.predict.bundle import CARD, MANIFEST, read_manifest
from spanloom.predict.predictor import RUN_WEIGHTS, Predictor


@dataclass(frozen=True)
class Model:
    """hash: hexadecimal; name: that of its folder; card: its README. stored: what of an answer is kept."""

    hash: str
    name: str
    task: str
    card: str
    stored: Callable[[Shown], Drawing]


def model_of(predictor: Predictor[Any]) -> Model:
    """The model that a predictor runs. Raises ConfigError for one whose answers are no facts about a text."""
    stored = kind_of(predictor.task.answer()).stored
    if stored is None:
        found = f"a model of the task '{predictor.task.name}' finds no facts in a text"
        raise ConfigError("store", found, "one that finds entities, relations, tags or labels", "Leave the store out.")
    folder = predictor.source
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    return Model(hash_of(folder), folder.resolve().name, predictor.task.name, text, stored)


def hash_of(folder: Path) -> str:
    """The SHA-256 of what makes a model answer as it does: the files that a bundle lists, or those of a run's model.

    Raises CheckpointError for a folder that is neither.
    """
    if (folder / MANIFEST).is_file():
        files = {name: str(entry) for name, entry in read_manifest(folder)["files"].items()}
    elif (folder / RUN_WEIGHTS).is_file():
        parts = sorted(path for path in (folder / RUN_WEIGHTS).parent.iterdir() if path.is_file())
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in parts}
    else:
        raise CheckpointError(str(folder), "holds no model", "a run folder or a bundle", "Check the path.")
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()

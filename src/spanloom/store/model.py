"""Which model said so: by the hash of its files, so that a copy of a folder is the same model under another name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spanloom.answers import kind_of
from spanloom.answers.parts.drawing import Drawing, Shown
from spanloom.errors import CheckpointError, ConfigError
from spanloom.predict.bundle import CARD
from spanloom.predict.fingerprint import model_hash
from spanloom.predict.predictor import Predictor


@dataclass(frozen=True)
class Model:
    """hash: hexadecimal; name: that of its folder; card: its README. stored: what of an answer is kept."""

    hash: str
    name: str
    task: str
    card: str
    stored: Callable[[Shown], Drawing]


def model_of(predictor: Predictor[Any]) -> Model:
    """The model that a predictor runs. Raises ConfigError for one whose answers are no facts about a text, and
    CheckpointError where it comes from no folder."""
    stored = kind_of(predictor.task.answer()).stored
    if stored is None:
        found = f"a model of the task '{predictor.task.name}' finds no facts in a text"
        raise ConfigError("store", found, "one that finds entities, relations, tags or labels", "Leave the store out.")
    folder = predictor.source
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    hashed = model_hash(folder)
    if hashed is None:
        raise CheckpointError(str(folder), "holds no model", "a run folder or a bundle", "Check the path.")
    return Model(hashed, folder.resolve().name, predictor.task.name, text, stored)

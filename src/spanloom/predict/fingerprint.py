"""Which model an answer is from, whatever its folder is called, and which files it is of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from spanloom.predict.bundle import MANIFEST, read_manifest, sha256

OF_A_RUN = Path("model")
"""The folder of a run that holds its model."""


def model_hash(folder: Path) -> str | None:
    """The SHA-256 of the model in a bundle or a run folder; None where there is neither.

    That of a bundle is of the hashes of its files, which its `bundle.json` has; its card is none of them.
    """
    if (folder / MANIFEST).is_file():
        return sha256(json.dumps(read_manifest(folder)["files"], sort_keys=True).encode())
    files = sorted(path for path in (folder / OF_A_RUN).rglob("*") if path.is_file())
    return files_hash(files, folder) if files else None


def files_hash(files: Iterable[Path], beside: Path) -> str:
    """The SHA-256 of the names, as seen from the folder `beside`, and the contents of these files, in this order."""
    found = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        found.update(f"{path.relative_to(beside).as_posix()}\0{content}\0".encode("utf-8", "surrogateescape"))
    return found.hexdigest()

"""A model that is served, as it was when it was loaded, and how models are named on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spanloom.errors import CheckpointError, ConfigError, SpanloomError
from spanloom.predict.fingerprint import model_hash
from spanloom.predict.long_text import limit_of
from spanloom.predict.predictor import RUN_WEIGHTS, Predictor, bundled, load
from spanloom.store.model import Model, model_of

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
VERSION_LENGTH = 12
ATTEMPTS = 3


@dataclass(frozen=True, eq=False)
class Loaded:
    """One version of a model. Requests that were taken for it are answered by it, whatever is loaded later.

    kept: as which a store knows it, where there is one.
    """

    name: str
    folder: Path
    version: str
    predictor: Predictor[Any]
    since: str
    kept: Model | None = None

    def example(self) -> str | list[str]:
        """What it can read: a text, or several that make one answer."""
        trial = self.predictor.task.trial
        return trial if self.predictor.texts == 1 else [trial, trial]

    def about(self) -> dict[str, Any]:
        """What a client may know of it; nothing of where it is kept."""
        predictor = self.predictor
        return {
            "name": self.name,
            "version": self.version,
            "task": predictor.task.name,
            "summary": predictor.task.summary,
            "texts": predictor.texts,
            "example": self.example(),
            "reads_at_once": limit_of(predictor.codec),
            "labels": {kind: list(names) for kind, names in predictor.codec.known().items()},
            "loaded": self.since,
        }


def open_model(name: str, folder: Path, keep: bool = False) -> Loaded:
    """Load a model. Raises CheckpointError where its folder is damaged, or changes all the time that it is read.

    keep: its answers are to be kept in a store. Raises ConfigError where they are no facts.
    """
    for _ in range(ATTEMPTS):
        before = version_of(folder)
        predictor = load(folder, threads=1)  # the service has threads of its own, each with a batch
        kept = model_of(predictor) if keep else None
        if version_of(folder) == before:
            return Loaded(name, folder, before, predictor, datetime.now(UTC).isoformat(timespec="seconds"), kept)
    raise CheckpointError(str(folder), "changed while it was read", "", "Load it again once it is whole.")


def version_of(folder: Path) -> str:
    """What tells one version of a model from another: the beginning of its hash; "" where that cannot be had, which
    loading says better.
    """
    try:
        return (model_hash(folder) or "")[:VERSION_LENGTH]
    except (OSError, SpanloomError):
        return ""


def signature(folder: Path) -> tuple[Any, ...]:
    """What changes when a file of a model does: a look that costs nothing, however large the files are."""
    seen = []
    for path in sorted((*folder.glob("*"), folder / RUN_WEIGHTS)):
        try:
            found = path.stat()
        except OSError:
            continue
        seen.append((path.name, found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(seen)


def named_models(given: Sequence[str]) -> dict[str, Path]:
    """The folders of models by name: NAME=FOLDER, or a folder that lends its own name; without any, the bundled model.

    Raises ConfigError for a name that an address cannot have and for two models of one name.
    """
    found: dict[str, Path] = {}
    for each in given or (str(bundled()),):
        name, sign, rest = each.partition("=")
        folder = Path(rest if sign and NAME.fullmatch(name) and not Path(each).exists() else each).expanduser()
        if not sign or str(folder) != str(Path(rest).expanduser()):
            name = folder.resolve().name
        if not NAME.fullmatch(name):
            remedy = f"Give it one: spanloom serve mine={folder}"
            raise ConfigError("serve", f"{name!r} as the name of a model", "letters, digits, '.', '-' and '_'", remedy)
        if name in found:
            expected = f"another name than that of {found[name]}"
            raise ConfigError("serve", f"two models named {name!r}", expected, f"Name one: other={folder}")
        found[name] = folder
    return found

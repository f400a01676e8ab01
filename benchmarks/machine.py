"""What a figure was measured on: processor, versions, commit and day."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spanloom.run.machine import instructions, processor

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "transformers", "onnxruntime", "numpy", "tokenizers")


def surroundings() -> dict[str, Any]:
    """Everything that a result file says of where and with what it was made. `load` is that of the last minute."""
    return {
        "machine": {
            "cpu": processor() or platform.machine(),
            "instructions": instructions(),  # bfloat16 and int8 products are as fast as these let them be
            "processors": os.cpu_count(),
            "system": platform.system(),
            "load": load(),
        },
        "versions": {"python": platform.python_version(), **{name: installed(name) for name in PACKAGES}},
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def load() -> float | None:
    """Processes that wanted a processor in the last minute; more than there are processors make timings too long."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit() -> str | None:
    """The commit of this checkout, with `+` where tracked files of the package or the configurations differ from it."""
    name = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "src", "configs")
    return f"{name}+" if name and changed else name


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip() or None

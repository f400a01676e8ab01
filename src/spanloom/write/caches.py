"""Where a user's programs keep what can be made again at any time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def user_cache(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """The folder that spanloom may fill, which need not be there: `XDG_CACHE_HOME`, or as the system has it."""
    given = environment.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):  # another is to be ignored, says the XDG base directory specification
        return Path(given) / "spanloom"
    if system == "win32":
        local = environment.get("LOCALAPPDATA")
        return (Path(local) if local else Path("~/AppData/Local").expanduser()) / "spanloom"
    return Path("~/Library/Caches" if system == "darwin" else "~/.cache").expanduser() / "spanloom"

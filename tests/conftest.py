"""What every test stands on: no network, and the repository's own folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Set before anything imports a library that could reach out.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository: where pyproject.toml is."""
    return Path(__file__).resolve().parent.parent

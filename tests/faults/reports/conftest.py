from __future__ import annotations

import pytest

from spanloom.engine import run


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs draw nothing, which takes longer than training a toy does."""
    monkeypatch.setattr(run, "draw_plots", lambda lines, folder: [])

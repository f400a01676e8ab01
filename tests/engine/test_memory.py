"""The most memory that a training has held."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from spanloom.engine.memory import peak_memory


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell it without a package of its own")
def test_the_peak_counts_what_was_held_and_given_back() -> None:
    before = peak_memory()
    assert before > 10**7
    size = before + 10**8  # more than ever before, whatever other tests held
    held = np.ones(size, dtype=np.uint8)
    del held
    assert size < peak_memory() < size + before + 10**8


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell it without a package of its own")
def test_the_kernel_is_asked_first_then_the_system(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n", encoding="ascii")
    assert peak_memory(status) == 2048 * 1024
    assert peak_memory(tmp_path / "none") > 10**7

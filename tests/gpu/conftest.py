"""Every test here is run twice: on the CPU, which shows that the test itself is sound, and, marked `gpu`, on a GPU.

`scripts/gpu-check` runs those that are marked.
"""

from __future__ import annotations

import os

import pytest
import torch

from spanloom.engine import run

# So that cuBLAS adds up in a fixed order. It looks here once, when a process first uses a GPU.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    return torch.device(request.param)


@pytest.fixture
def full_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """cuDNN otherwise rounds what its recurrent layers multiply to 10 bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs draw nothing, which takes longer than they do."""
    monkeypatch.setattr(run, "draw_plots", lambda lines, folder: [])

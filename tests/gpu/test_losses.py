"""A training on a GPU learns what one on the CPU does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.gpu.runs import CASES, settings, trained, without_dropout

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings("default")  # of what would be faster on a GPU, which is no fault


@pytest.mark.usefixtures("full_float32")
@pytest.mark.parametrize("case", CASES)
def test_in_float32_the_losses_are_those_of_the_cpu(tmp_path: Path, device: torch.device, case: str) -> None:
    """On the CPU, weights that are off by 3e-7 of themselves, which is rounding, move them by 3e-6 at most; such as are
    off by 1e-4, by 2e-4.
    """
    config = without_dropout(settings(case, tmp_path / "encoder"))
    expected = trained(config, tmp_path / "cpu", CPU)
    found = trained(config, tmp_path / "device", device)
    assert len(found) == len(expected) == 6
    for step, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        tolerance = 2e-4 if step else 1e-5
        assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance), f"step {step + 1}"

"""In bf16 and in fp16 a network learns what it learns in fp32."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
import torch

from tests.gpu.runs import PIECES, RECURRENT, settings, trained, without_dropout

pytestmark = pytest.mark.filterwarnings("default")  # of what would be faster on a GPU, which is no fault


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("case", [*RECURRENT, *PIECES])
def test_the_loss_falls_in_half_precision(tmp_path: Path, device: torch.device, case: str, precision: str) -> None:
    if device.type == "cpu" and case not in PIECES:
        pytest.skip("a CPU has no recurrent layers in float16, and none that are fast in bfloat16")
    epochs = 8
    config = without_dropout(settings(case, tmp_path / "encoder", epochs=epochs, evaluate_from=epochs))
    full, half = (
        [sum(losses.values()) for losses in trained(replace(config, train=train), tmp_path / train.precision, device)]
        for train in (replace(config.train, epochs=1, evaluate_from=2), replace(config.train, precision=precision))
    )
    assert half[0] != full[0], "nothing was computed in half precision"
    assert half[0] == pytest.approx(full[0], rel=0.02)
    assert fmean(half[-3:]) < 0.8 * fmean(half[:3])

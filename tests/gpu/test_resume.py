"""A training that was stopped on a device, or that died there, goes on as if it had not, on the same and on another."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from spanloom.engine.evaluate import TorchBackend
from spanloom.engine.model_folder import load_model
from spanloom.engine.report import Report, StepReport
from spanloom.engine.run import Interrupted
from spanloom.tasks import find_task
from tests.engine.interrupt import ctrl_c_at
from tests.gpu.runs import PIECES, deterministic, differing, settings, trained, without_dropout

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings("default")  # of what would be faster on a GPU, which is no fault


class Dead(Exception):
    """The process ends here, saving nothing."""


def dies_at(step: int) -> Callable[[Report], None]:
    def die(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == step:
            raise Dead

    return die


@pytest.mark.parametrize(
    ("case", "precision"), [("joint", "fp32"), ("tag", "fp32"), *((case, "bf16") for case in PIECES)]
)
def test_it_ends_with_the_bits_of_a_run_that_was_never_stopped(
    tmp_path: Path, device: torch.device, case: str, precision: str
) -> None:
    """With dropout, by PyTorch's deterministic algorithms."""
    config = settings(case, tmp_path / "encoder", precision=precision, checkpoint_every=2)
    with deterministic() as warned:
        trained(config, tmp_path / "whole", device)
        with pytest.raises(Interrupted, match="Stopped at step 3"):
            trained(config, tmp_path / "stopped", device, on_report=ctrl_c_at(3))
        with pytest.raises(Dead):
            trained(config, tmp_path / "dead", device, on_report=dies_at(5))
        for name in ("stopped", "dead"):
            torch.manual_seed(99)  # whatever happens in between does not matter
            trained(config, tmp_path / name, device, resume=True)
            said = {str(warning.message) for warning in warned}
            assert differing(tmp_path / "whole", tmp_path / name) == [], f"{name}; PyTorch said: {said}"


@pytest.mark.usefixtures("full_float32")
@pytest.mark.parametrize("case", ["tag", "joint on pieces"])
def test_a_checkpoint_goes_on_on_another_device(tmp_path: Path, device: torch.device, case: str) -> None:
    """From the device to the CPU, and back: the losses are those of a run that was on the CPU all the time."""
    config = without_dropout(settings(case, tmp_path / "encoder"))
    expected = trained(config, tmp_path / "cpu", CPU)
    for name, before, after in (("left", device, CPU), ("came", CPU, device)):
        with pytest.raises(Interrupted):
            trained(config, tmp_path / name, before, on_report=ctrl_c_at(3))
        found = trained(config, tmp_path / name, after, resume=True)
        assert len(found) == 6
        for ours, theirs in zip(found, expected, strict=True):
            assert ours == pytest.approx(theirs, rel=2e-4, abs=2e-4), name


@pytest.mark.usefixtures("full_float32")
def test_its_model_says_the_same_on_the_cpu(tmp_path: Path, device: torch.device) -> None:
    config = settings("tag", tmp_path, epochs=1)
    trained(config, tmp_path / "run", device)
    kept = load_model(tmp_path / "run", find_task)
    assert {weight.device.type for weight in kept.model.parameters()} == {"cpu"}
    assert config.data.train is not None
    examples = list(kept.task.read(config.data.train, config.data))
    batch = kept.codec.collate([kept.codec.encode(example) for example in examples])
    expected = TorchBackend(kept.model, CPU).forward(batch.inputs)
    found = TorchBackend(copy.deepcopy(kept.model).to(device), device).forward(batch.inputs)
    assert found.keys() == expected.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-4, atol=1e-4, err_msg=name)

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from spanloom.engine import probe
from spanloom.engine.probe import TorchFacts
from spanloom.run import doctor, machine
from spanloom.run.cli import main
from spanloom.run.doctor import Finding, diagnose
from spanloom.run.machine import Gpu

VERSIONS = {"torch": "2.13.0", "numpy": "2.4.0", "onnx": "1.15.0"}
REQUIREMENTS = [
    "numpy>=2.0",
    "torch<2.14; extra == 'train'",
    "onnx<2; extra == 'train'",
    "mlflow; extra == 'track'",
]
GPU = Gpu("NVIDIA RTX 4070", "580.65", 12.0, 11.25, 40, 30, "13.0")


@pytest.fixture(autouse=True)
def _a_usual_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux with 8 cores, everything for training installed, and no GPU; nothing is measured or predicted."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: REQUIREMENTS)
    monkeypatch.setattr(doctor, "version_of", VERSIONS.get)
    monkeypatch.setattr(doctor, "prediction", lambda: Finding("bundled model", "ok", "answers"))
    monkeypatch.setattr(machine, "processor", lambda: "Some CPU")
    monkeypatch.setattr(machine, "cores", lambda: (1.5, 8))
    monkeypatch.setattr(machine, "instructions", lambda: ["AVX2", "VNNI"])
    monkeypatch.setattr(machine, "memory", lambda: (15.55, 8.0))
    monkeypatch.setattr(machine, "gigaflops", lambda multiply, size: 123.4)
    monkeypatch.setattr(machine, "numpy_gigaflops", lambda: 99.6)
    with_gpu(monkeypatch, TorchFacts("2.13.0+cpu"))


def with_gpu(monkeypatch: pytest.MonkeyPatch, facts: TorchFacts, *gpus: Gpu) -> None:
    monkeypatch.setattr(machine, "nvidia_gpus", lambda: list(gpus))
    monkeypatch.setattr(machine, "nvidia_on_the_bus", lambda: bool(gpus))
    monkeypatch.setattr(probe, "look", lambda: facts)
    monkeypatch.setattr(probe, "multiplication", lambda device, size: None)


def found() -> dict[str, tuple[str, str]]:
    return {finding.name: (finding.state, finding.detail) for finding in diagnose()}


def test_a_machine_without_a_gpu_trains_on_its_cpu() -> None:
    findings = found()
    assert findings["processor"] == ("ok", "Some CPU, 1.5 of 8 cores, AVX2, VNNI")
    assert findings["memory"] == ("ok", "15.6 GiB, 8.0 GiB free")
    assert findings["GPU"] == ("absent", "no NVIDIA GPU with a driver that answers")
    assert findings["PyTorch"] == ("ok", "2.13.0+cpu, a build for the CPU")
    assert findings["NumPy speed"] == ("ok", "100 GFLOP/s")
    assert findings["PyTorch speed"] == ("ok", "123 GFLOP/s on the CPU")
    assert findings["[train]"] == ("ok", "torch 2.13.0, onnx 1.15.0")
    assert findings["[track]"] == ("absent", "without mlflow. Install it with: pip install 'spanloom[track]'")
    assert findings["verdict"] == (
        "ok",
        "This machine can predict, and train on its CPU; a GPU is not used because no NVIDIA GPU was found.",
    )


def test_a_machine_with_a_gpu_trains_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, TorchFacts("2.13.0", "13.0", usable=True, capabilities=((8, 9),)), GPU)
    findings = found()
    assert findings["GPU"] == (
        "ok",
        "NVIDIA RTX 4070, 12.0 GiB (11.2 free), 40 °C, fan at 30%, driver 580.65, for CUDA up to 13.0",
    )
    assert findings["PyTorch speed"] == ("ok", "123 GFLOP/s on the GPU")
    assert findings["verdict"] == ("ok", "This machine can predict, and train on its NVIDIA RTX 4070.")


def test_a_gpu_that_tells_little(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, TorchFacts("2.13.0", "13.0", usable=True), Gpu("NVIDIA GPU", ""))
    assert found()["GPU"] == ("ok", "NVIDIA GPU")


def test_a_build_for_the_cpu_beside_a_gpu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with_gpu(monkeypatch, TorchFacts("2.13.0+cpu"), GPU)
    assert main(["doctor", "--json"]) == 2
    findings: dict[str, Any] = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert "as a build for CUDA 13; https://pytorch.org/" in findings["PyTorch"]["detail"]
    assert findings["verdict"]["state"] == "fault"
    assert findings["verdict"]["detail"] == (
        "This machine can predict, and train on its CPU; a GPU is not used because PyTorch is a build for the CPU. "
        "Mend first what is marked as a fault: PyTorch."
    )


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ((), "not installed. Install it with: pip install 'spanloom[train]'"),
        (
            (GPU,),
            "not installed. Install it with: pip install 'spanloom[train]', then run 'spanloom doctor' again: it says "
            "whether the build fits the GPU",
        ),
    ],
)
def test_without_pytorch_a_machine_predicts(
    monkeypatch: pytest.MonkeyPatch, gpus: tuple[Gpu, ...], expected: str
) -> None:
    with_gpu(monkeypatch, TorchFacts(""), *gpus)
    monkeypatch.setattr(doctor, "version_of", {"numpy": "2.4.0"}.get)
    findings = found()
    assert findings["PyTorch"] == ("absent", expected)
    assert findings["verdict"] == ("ok", "This machine can predict. To train too: pip install 'spanloom[train]'.")


def test_a_pytorch_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> TorchFacts:
        raise OSError("libcudart.so.12: cannot open\n shared object file")

    monkeypatch.setattr(probe, "look", broken)
    findings = found()
    assert findings["PyTorch"] == (
        "fault",
        "cannot be loaded (libcudart.so.12: cannot open shared object file). "
        "Install it again with: pip install --force-reinstall 'spanloom[train]'",
    )
    assert findings["verdict"][1].startswith("This machine can predict. To train too:")


def test_a_model_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "prediction", lambda: Finding("bundled model", "fault", "damaged"))
    assert found()["verdict"] == (
        "fault",
        "This machine cannot predict yet. Mend first what is marked as a fault: bundled model.",
    )


def test_no_oddity_of_a_machine_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*arguments: Any) -> Any:
        raise ZeroDivisionError("an odd machine")

    for name in ("processor", "cores", "instructions", "memory", "nvidia_gpus", "numpy_gigaflops"):
        monkeypatch.setattr(machine, name, odd)
    findings = found()
    for name in ("processor", "GPU", "speed"):
        assert findings[name] == ("absent", "could not be read (ZeroDivisionError: an odd machine)")
    assert findings["verdict"][0] == "ok"


def test_the_real_machine_can_be_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And on a system without any of the files and packages that the probes look at."""
    monkeypatch.undo()
    monkeypatch.setattr(doctor, "prediction", lambda: Finding("bundled model", "ok", "answers"))
    main(["doctor"])
    shown = capsys.readouterr().out
    assert all(f" {name} " in shown for name in ("Python", "processor", "memory", "NumPy speed", "verdict"))
    assert "could not be read" not in shown
    monkeypatch.setattr(machine, "_text", lambda path: "")
    for name in ("psutil", "pynvml"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr("os.sysconf", raising=False)
    findings = found()
    assert findings["memory"] == ("absent", "not known on this system")
    assert not any("could not be read" in detail for _, detail in findings.values())

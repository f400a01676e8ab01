from __future__ import annotations

from dataclasses import replace

import pytest

from spanloom.engine.probe import TorchFacts, look, multiplication
from spanloom.run import torch_build
from spanloom.run.machine import Gpu
from spanloom.run.torch_build import judge

GPU = Gpu("NVIDIA RTX 4070", "550.54.14", 12.0, 11.0, 40, 30, "12.4")
NEW = replace(GPU, driver="580.65.06", cuda="13.0")
HOW = "; https://pytorch.org/get-started/locally has the command"
CPU_BUILD = TorchFacts("2.13.0+cpu")
CUDA13 = TorchFacts("2.13.0", cuda="13.0")


@pytest.fixture(autouse=True)
def _requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["numpy>=2.0", "torch-geometric>2; extra == 'train'", "torch<2.14,>=2.8; extra == 'train'"]
    monkeypatch.setattr(torch_build.metadata, "requires", lambda name: lines)


def test_a_build_that_uses_the_gpu() -> None:
    facts = replace(CUDA13, usable=True, architectures=("sm_75", "sm_80", "sm_90a"), capabilities=((8, 9),))
    said = judge(facts, [NEW], True, False)
    assert (said.state, said.because) == ("ok", "")
    assert said.detail == "2.13.0, a build for CUDA 13.0, which runs on the GPU here"
    assert judge(replace(facts, cuda="", rocm="7.1"), [], False, False).because == ""


@pytest.mark.parametrize(
    ("architectures", "capability", "which"),
    [
        (("sm_75", "sm_80"), (6, 1), "an older"),
        (("sm_80", "sm_86"), (7, 5), "an older"),
        (("sm_80", "sm_90"), (12, 0), "a newer"),
        (("sm_86",), (8, 0), "an older"),
    ],
)
def test_a_gpu_that_the_build_has_no_code_for(
    architectures: tuple[str, ...], capability: tuple[int, int], which: str
) -> None:
    known = ("of no known name", *architectures)
    facts = replace(CUDA13, usable=True, architectures=known, capabilities=(capability,))
    said = judge(facts, [NEW], True, False)
    assert said.state == "fault"
    assert said.because == f"this PyTorch knows no GPU of compute capability {capability[0]}.{capability[1]}"
    assert said.detail.endswith(f". To use it, install 'torch<2.14,>=2.8' as a build for {which} CUDA{HOW}")


def test_ptx_runs_on_what_is_newer() -> None:
    facts = replace(CUDA13, usable=True, architectures=("sm_80", "compute_90"), capabilities=((12, 0),))
    assert judge(facts, [NEW], True, False).state == "ok"


def test_a_build_for_the_cpu_beside_a_gpu() -> None:
    said = judge(CPU_BUILD, [GPU], True, False)
    assert said.state == "fault"
    assert said.because == "PyTorch is a build for the CPU"
    assert said.detail == (
        "2.13.0+cpu, a build for the CPU, beside an NVIDIA GPU. To use it, install 'torch<2.14,>=2.8' as a build for "
        f"CUDA 12{HOW}"
    )
    assert f"a build for CUDA 13{HOW}" in judge(CPU_BUILD, [NEW], True, False).detail
    silent = judge(CPU_BUILD, [replace(GPU, cuda="")], True, False)
    assert f"a build for CUDA{HOW}" in silent.detail


def test_a_driver_that_is_too_old_for_the_build() -> None:
    said = judge(CUDA13, [GPU], True, False)
    assert said.state == "fault"
    assert said.because == "its driver 550.54.14 is too old for CUDA 13.0"
    remedy = "Update NVIDIA's driver, or install 'torch<2.14,>=2.8' as a build for CUDA 12"
    assert said.detail.endswith(f"is too old for CUDA 13.0. {remedy}{HOW}")
    assert judge(replace(CUDA13, cuda="12.8"), [GPU], True, False).because == "PyTorch does not find it"


def test_a_gpu_that_is_not_found_hidden_or_without_a_driver() -> None:
    lost = judge(replace(CUDA13, why="CUDA initialization: unknown error"), [NEW], True, False)
    assert (lost.state, lost.because) == ("fault", "CUDA initialization: unknown error")
    assert judge(CUDA13, [NEW], True, False).because == "PyTorch does not find it"
    hidden = judge(CUDA13, [NEW], True, True)
    assert (hidden.state, hidden.because) == ("ok", "CUDA_VISIBLE_DEVICES hides it")
    silent = judge(CUDA13, [], True, False)
    assert (silent.state, silent.because) == ("fault", "the driver of the NVIDIA GPU does not answer")
    assert silent.detail.endswith("Install NVIDIA's newest driver")
    none = judge(CPU_BUILD, [], False, True)
    assert (none.state, none.detail, none.because) == (
        "ok",
        "2.13.0+cpu, a build for the CPU",
        "no NVIDIA GPU was found",
    )


def test_what_pytorch_says_of_itself() -> None:
    facts = look()
    assert facts.version
    assert facts.usable == bool(facts.capabilities)
    multiplication("cpu", 8)()

"""Which build of PyTorch fits this machine: its GPU, and the CUDA that the GPU's driver can run.

A build for CUDA 12.x or 13.x runs on every driver made for CUDA 12 or 13 (NVIDIA, "CUDA Compatibility"), so that only
the major number counts. Builds for CUDA 13 know GPUs from compute capability 7.5 on; those for CUDA 12.6 older ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from spanloom.run.machine import Gpu

if TYPE_CHECKING:
    from spanloom.engine.probe import TorchFacts

State = Literal["ok", "absent", "fault"]

DRIVERS = ((580, 13), (525, 12), (450, 11))
"""The first driver for each major number of CUDA, on Linux and on Windows."""

BUILDS = {13: "cu130", 12: "cu126"}


@dataclass(frozen=True)
class Judgement:
    """What is to be said of PyTorch, and why no GPU is used; `because` is empty where one is."""

    state: State
    detail: str
    because: str


def cuda_of(driver: str) -> int:
    """The major number of the CUDA that a driver can run; 0 where its version says nothing."""
    number = re.match(r"\d+", driver)
    return next((cuda for first, cuda in DRIVERS if number and int(number.group()) >= first), 0)


def install(cuda: int) -> str:
    """How to get the build for a major number of CUDA, in the versions that spanloom works with."""
    try:
        needed = metadata.requires("spanloom") or []
    except metadata.PackageNotFoundError:
        needed = []
    wanted = next((line.partition(";")[0].strip() for line in needed if re.match(r"torch\b(?!-)", line)), "torch")
    return f"pip install --force-reinstall '{wanted}' --index-url https://download.pytorch.org/whl/{BUILDS[cuda]}"


def judge(facts: TorchFacts, gpus: Sequence[Gpu], on_the_bus: bool, hidden: bool) -> Judgement:
    """Judge an installed PyTorch. on_the_bus: an NVIDIA GPU is there, whether or not its driver answers.

    hidden: the environment says that no GPU shall be used.
    """
    build = f"for CUDA {facts.cuda}" if facts.cuda else f"for ROCm {facts.rocm}" if facts.rocm else "for the CPU"
    what = f"{facts.version}, a build {build}"
    if hidden and (gpus or on_the_bus):
        return Judgement("ok", f"{what}; CUDA_VISIBLE_DEVICES hides every GPU", "CUDA_VISIBLE_DEVICES hides it")
    if facts.usable:
        unknown = _unknown_to(facts)
        if not unknown:
            return Judgement("ok", f"{what}, which runs on the GPU here", "")
        because = f"this PyTorch knows no GPU of compute capability {unknown[0]}.{unknown[1]}"
        remedy = f"Install another build with: {install(12 if unknown < (7, 5) else 13)}"
        return Judgement("fault", f"{what}; {because}. {remedy}", because)
    if not gpus:
        if not on_the_bus:
            return Judgement("ok", what, "no NVIDIA GPU was found")
        because = "the driver of the NVIDIA GPU does not answer"
        return Judgement(
            "fault", f"{what}; {because}. Install NVIDIA's driver, version {DRIVERS[0][0]} or later", because
        )
    return _unused(facts, what, gpus[0].driver)


def _unused(facts: TorchFacts, what: str, driver: str) -> Judgement:
    """There is a GPU with a driver, and this PyTorch does not use it."""
    cuda = cuda_of(driver)
    newer = f"Update NVIDIA's driver to {DRIVERS[0][0]} or later"
    if not facts.cuda:
        because = "PyTorch is a build for the CPU"
        remedy = f"Install the build for your driver {driver} with: {install(cuda)}" if cuda in BUILDS else newer
        return Judgement("fault", f"{what}, beside an NVIDIA GPU. {remedy}", because)
    if cuda and cuda < int(facts.cuda.partition(".")[0]):
        because = f"its driver {driver} is too old for CUDA {facts.cuda}"
        other = f", or install another build with: {install(cuda)}" if cuda in BUILDS else ""
        return Judgement("fault", f"{what}; the GPU is not used, as {because}. {newer}{other}", because)
    because = facts.why or "PyTorch does not find it"
    return Judgement("fault", f"{what}; the GPU is not used: {because}. Restart the machine, or: {newer}", because)


def _unknown_to(facts: TorchFacts) -> tuple[int, int] | None:
    """The first GPU that the build has no code for: code for x.y runs on x.z with z >= y, PTX on all that is newer."""
    known = [(kind, int(number[:-1]), int(number[-1])) for kind, number in map(_split, facts.architectures) if number]
    for major, minor in facts.capabilities:
        binary = any(kind == "sm" and (major, minor) >= (m, n) and major == m for kind, m, n in known)
        portable = any(kind == "compute" and (major, minor) >= (m, n) for kind, m, n in known)
        if known and not facts.rocm and not binary and not portable:
            return major, minor
    return None


def _split(architecture: str) -> tuple[str, str]:
    """ "sm_90a" -> ("sm", "90"); what is not named so gives no number."""
    found = re.match(r"(sm|compute)_(\d{2,})", architecture)
    return (found.group(1), found.group(2)) if found else ("", "")

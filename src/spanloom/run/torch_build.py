"""Which build of PyTorch fits this machine: its GPU, and the CUDA that the GPU's driver can run.

Nothing here knows which builds there are, or which driver came with which CUDA: the driver, the build and PyTorch's own
page say it. A build for CUDA 12.x runs on every driver that runs some CUDA 12 (NVIDIA, "CUDA Compatibility"), so that
only the major number counts.
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

PAGE = "https://pytorch.org/get-started/locally"


@dataclass(frozen=True)
class Judgement:
    """What is to be said of PyTorch, and why no GPU is used; `because` is empty where one is."""

    state: State
    detail: str
    because: str


def install(build: str) -> str:
    """How to get another build, in the versions that spanloom works with."""
    try:
        needed = metadata.requires("spanloom") or []
    except metadata.PackageNotFoundError:
        needed = []
    wanted = next((line.partition(";")[0].strip() for line in needed if re.match(r"torch\b(?!-)", line)), "torch")
    return f"install '{wanted}' as a build for {build}; {PAGE} has the command"


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
        older = unknown < min((major, minor) for _, major, minor in _known(facts))
        remedy = f"To use it, {install('an older CUDA' if older else 'a newer CUDA')}"
        return Judgement("fault", f"{what}; {because}. {remedy}", because)
    if not gpus:
        if not on_the_bus:
            return Judgement("ok", what, "no NVIDIA GPU was found")
        because = "the driver of the NVIDIA GPU does not answer"
        return Judgement("fault", f"{what}; {because}. Install NVIDIA's newest driver", because)
    return _unused(facts, what, gpus[0])


def _unused(facts: TorchFacts, what: str, gpu: Gpu) -> Judgement:
    """There is a GPU with a driver, and this PyTorch does not use it."""
    cuda = gpu.cuda.partition(".")[0]
    fits = f"CUDA {cuda}" if cuda else "CUDA"
    if not facts.cuda:
        because = "PyTorch is a build for the CPU"
        return Judgement("fault", f"{what}, beside an NVIDIA GPU. To use it, {install(fits)}", because)
    if cuda and int(cuda) < int(facts.cuda.partition(".")[0]):
        because = f"its driver {gpu.driver} is too old for CUDA {facts.cuda}"
        remedy = f"Update NVIDIA's driver, or {install(fits)}"
        return Judgement("fault", f"{what}; the GPU is not used, as {because}. {remedy}", because)
    because = facts.why or "PyTorch does not find it"
    remedy = "Restart the machine, or update NVIDIA's driver"
    return Judgement("fault", f"{what}; the GPU is not used: {because}. {remedy}", because)


def _unknown_to(facts: TorchFacts) -> tuple[int, int] | None:
    """The first GPU that the build has no code for: code for x.y runs on x.z with z >= y, PTX on all that is newer."""
    known = _known(facts)
    for major, minor in facts.capabilities:
        binary = any(kind == "sm" and (major, minor) >= (m, n) and major == m for kind, m, n in known)
        portable = any(kind == "compute" and (major, minor) >= (m, n) for kind, m, n in known)
        if known and not facts.rocm and not binary and not portable:
            return major, minor
    return None


def _known(facts: TorchFacts) -> list[tuple[str, int, int]]:
    """The GPUs that the build has code for: what kind of code, and the compute capability."""
    return [(kind, int(number[:-1]), int(number[-1])) for kind, number in map(_split, facts.architectures) if number]


def _split(architecture: str) -> tuple[str, str]:
    """ "sm_90a" -> ("sm", "90"); what is not named so gives no number."""
    found = re.match(r"(sm|compute)_(\d{2,})", architecture)
    return (found.group(1), found.group(2)) if found else ("", "")

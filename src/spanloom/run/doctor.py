"""Is this installation whole, and what can this machine do? Looks and measures, changes nothing, reaches nowhere."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata

from spanloom import __version__
from spanloom.errors import SpanloomError
from spanloom.run import machine
from spanloom.run.torch_build import Judgement, State, judge
from spanloom.text.counts import several

AGAIN = "pip install --force-reinstall 'spanloom[train]'"
SENTENCE = "Ada Lovelace was born in London , the capital of England ."


@dataclass(frozen=True)
class Finding:
    """One thing looked at. state: "ok"; "absent", what was not asked for or is not here; "fault", what to mend."""

    name: str
    state: State
    detail: str


@dataclass
class Machine:
    """What the findings about hardware know of each other."""

    gpus: list[machine.Gpu] = field(default_factory=list)
    torch: bool = False
    because: str = "PyTorch is not installed"  # why no GPU is used, empty if one is


def diagnose() -> Iterator[Finding]:
    """The findings, each resting on those before it; the last one is the verdict on all."""
    here, found = Machine(), []
    looks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("spanloom", versions),
        ("processor", hardware),
        ("packages", packages),
        ("GPU", lambda: graphics(here)),
        ("PyTorch", lambda: pytorch(here)),
        ("speed", lambda: speed(here)),
        ("bundled model", lambda: iter([prediction()])),
    ]
    for name, look in looks:
        for finding in _guarded(name, look):
            found.append(finding)
            yield finding
    yield verdict(found, here)


def _guarded(name: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Machines are odd in more ways than can be foreseen; one that cannot be read is no reason to say nothing else."""
    try:
        yield from look()
    except Exception as error:
        yield Finding(name, "absent", f"could not be read ({type(error).__name__}: {error})")


def versions() -> Iterator[Finding]:
    yield Finding("spanloom", "ok", __version__)
    yield Finding("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def hardware() -> Iterator[Finding]:
    """Processor and memory."""
    usable, there = machine.cores()
    cores = several(there, "core") if usable >= there else f"{usable:g} of {several(there, 'core')}"
    vectors = ", ".join(machine.instructions()) or "no vector instructions that are known here"
    yield Finding("processor", "ok", f"{machine.processor() or 'unknown'}, {cores}, {vectors}")
    total, free = machine.memory()
    if total is None:
        yield Finding("memory", "absent", "not known on this system")
    else:
        yield Finding("memory", "ok", f"{total:.1f} GiB" + ("" if free is None else f", {free:.1f} GiB free"))


def packages() -> Iterator[Finding]:
    """One finding for the base packages each, then one for each extra that users may want."""
    needed: dict[str, list[str]] = {"": []}
    try:
        requirements = metadata.requires("spanloom") or []
    except metadata.PackageNotFoundError:
        yield Finding("packages", "fault", "spanloom itself is not installed. Install it with: pip install spanloom")
        return
    for requirement in requirements:
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        name = re.match(r"[\w.-]+", requirement)
        if name and name.group() != "spanloom":
            needed.setdefault(extra.group(1) if extra else "", []).append(name.group())
    for package in needed.pop(""):
        found = version_of(package)
        remedy = f"not installed. Install it with: pip install {package}"
        yield Finding(package, "ok" if found else "fault", found or remedy)
    needed.pop("dev", None)  # for working on spanloom, not with it
    for extra_name, names in needed.items():
        missing = [name for name in names if version_of(name) is None]
        versions = ", ".join(f"{name} {version_of(name)}" for name in names)
        remedy = f"without {', '.join(missing)}. Install it with: pip install 'spanloom[{extra_name}]'"
        yield Finding(f"[{extra_name}]", "absent" if missing else "ok", remedy if missing else versions)


def version_of(package: str) -> str | None:
    """The installed version of a package, from its metadata and so without importing it; None if it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def graphics(here: Machine) -> Iterator[Finding]:
    """A finding for each NVIDIA GPU."""
    here.gpus = machine.nvidia_gpus()
    if not here.gpus:
        yield Finding("GPU", "absent", "no NVIDIA GPU with a driver that answers")
    for gpu in here.gpus:
        parts = [gpu.name]
        if gpu.memory is not None:
            parts.append(f"{gpu.memory:.1f} GiB" + ("" if gpu.free is None else f" ({gpu.free:.1f} free)"))
        parts += [] if gpu.temperature is None else [f"{gpu.temperature} °C"]
        parts += [] if gpu.fan is None else [f"fan at {gpu.fan}%"]
        runs = f", for CUDA up to {gpu.cuda}" if gpu.cuda else ""
        yield Finding("GPU", "ok", ", ".join(parts) + (f", driver {gpu.driver}{runs}" if gpu.driver else ""))


def pytorch(here: Machine) -> Iterator[Finding]:
    """Is PyTorch there, and the build that fits this machine?"""
    if version_of("torch") is None:
        then = ", then run 'spanloom doctor' again: it says whether the build fits the GPU" if here.gpus else ""
        yield Finding("PyTorch", "absent", f"not installed. Install it with: pip install 'spanloom[train]'{then}")
        return
    try:
        from spanloom.engine.probe import look

        facts = look()
    except (ImportError, OSError, RuntimeError) as error:  # a library that it needs is missing or of another version
        here.because = "PyTorch cannot be loaded"
        reason = " ".join(str(error).split())
        yield Finding("PyTorch", "fault", f"cannot be loaded ({reason}). Install it again with: {AGAIN}")
        return
    here.torch = True
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    judgement: Judgement = judge(facts, here.gpus, machine.nvidia_on_the_bus(), hidden)
    here.because = judgement.because
    yield Finding("PyTorch", judgement.state, judgement.detail)


def speed(here: Machine) -> Iterator[Finding]:
    """How fast matrices are multiplied, float32, by everything here that can."""
    yield Finding("NumPy speed", "ok", f"{machine.numpy_gigaflops():.0f} GFLOP/s")
    if not here.torch:
        return
    from spanloom.engine.probe import multiplication

    yield Finding("PyTorch speed", "ok", f"{machine.gigaflops(multiplication('cpu', 512), 512):.0f} GFLOP/s on the CPU")
    if not here.because:
        rate = machine.gigaflops(multiplication("cuda", 4096), 4096)
        yield Finding("PyTorch speed", "ok", f"{rate:.0f} GFLOP/s on the GPU")


def prediction() -> Finding:
    """Does the bundled model load and answer?"""
    try:
        from spanloom.predict.predictor import load

        found = Counter(row["kind"] for row in load()(SENTENCE).rows())
    except SpanloomError as error:
        return Finding("bundled model", "fault", str(error))
    except ImportError as error:
        return Finding(
            "bundled model", "fault", f"{error}. Install spanloom again: pip install --force-reinstall spanloom"
        )
    facts = ", ".join(several(number, kind) for kind, number in found.items())
    return Finding("bundled model", "ok", f"answers: {facts or 'nothing to find'}")


def verdict(found: list[Finding], here: Machine) -> Finding:
    """What this machine can do, in words for somebody who knows none of the above."""
    faults = list(dict.fromkeys(finding.name for finding in found if finding.state == "fault"))
    state: State = "fault" if faults else "ok"
    mend = f" Mend first what is marked as a fault: {', '.join(faults)}." if faults else ""
    states = {finding.name: finding.state for finding in found}
    predicts = states.get("bundled model") == "ok"
    trains = here.torch and states.get("[train]", "ok") == "ok"
    if not predicts:
        return Finding("verdict", state, f"This machine cannot predict yet.{mend}")
    if not trains:
        return Finding(
            "verdict", state, f"This machine can predict. To train too: pip install 'spanloom[train]'.{mend}"
        )
    if not here.because:
        gpu = here.gpus[0].name if here.gpus else "GPU"
        return Finding("verdict", state, f"This machine can predict, and train on its {gpu}.{mend}")
    text = f"This machine can predict, and train on its CPU; a GPU is not used because {here.because}."
    return Finding("verdict", state, f"{text}{mend}")

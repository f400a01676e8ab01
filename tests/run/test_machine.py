from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from spanloom.run import machine
from spanloom.run.machine import Gpu

NOTHING = Path("/no/such/root")


def written(root: Path, **files: str) -> Path:
    """A root of the file system with some files; `__` in a name is a `/`."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_an_intel_processor(tmp_path: Path) -> None:
    lines = (
        "processor\t: 0\nmodel name\t: Xeon 6\nflags\t\t: fpu avx avx2 avx512f avx512_vnni avx_vnni amx_bf16 amx_int8\n"
    )
    root = written(tmp_path, proc__cpuinfo=lines * 2)
    assert machine.processor(root) == "Xeon 6"
    assert machine.instructions(root) == ["AVX2", "AVX512", "VNNI", "AMX-BF16", "AMX-INT8"]


def test_an_arm_processor(tmp_path: Path) -> None:
    root = written(tmp_path, proc__cpuinfo="Features\t: fp asimd asimddp sve bf16\nModel\t\t: Raspberry Pi 5\n")
    assert machine.processor(root) == "Raspberry Pi 5"
    assert machine.instructions(root) == ["NEON", "dot product", "BF16", "SVE"]


def test_without_proc_numpy_knows_the_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(__cpu_features__={"AVX2": True, "AVX512F": False, "AVX512_CLX": True})
    monkeypatch.setattr(machine.importlib, "import_module", lambda name: fake)
    assert machine.instructions(NOTHING) == ["AVX2", "VNNI"]
    monkeypatch.setattr(machine.importlib, "import_module", lambda name: SimpleNamespace())
    assert machine.instructions(NOTHING) == []
    assert isinstance(machine.processor(NOTHING), str)


def test_cores_of_a_container_of_a_process_and_of_a_system_that_cannot_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert machine.cores(NOTHING) == (8, 16)
    assert machine.cores(written(tmp_path / "a", sys__fs__cgroup__cpu_dot_max="150000 100000\n")) == (1.5, 16)
    assert machine.cores(written(tmp_path / "b", sys__fs__cgroup__cpu_dot_max="max 100000\n")) == (8, 16)
    monkeypatch.delattr(os, "sched_getaffinity")
    assert machine.cores(NOTHING) == (16, 16)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores(NOTHING) == (1, 1)


def test_memory_of_a_machine_and_of_a_container(tmp_path: Path) -> None:
    text = "MemTotal:       16777216 kB\nMemFree:        1 kB\nMemAvailable:    8388608 kB\n"
    assert machine.memory(written(tmp_path / "a", proc__meminfo=text)) == (16, 8)
    limited = written(tmp_path / "b", proc__meminfo=text, sys__fs__cgroup__memory_dot_max=f"{2**31}\n")
    assert machine.memory(limited) == (2, None)
    unlimited = written(tmp_path / "c", proc__meminfo=text, sys__fs__cgroup__memory_dot_max="max\n")
    assert machine.memory(unlimited) == (16, 8)


def test_memory_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("psutil")
    vars(fake)["virtual_memory"] = lambda: SimpleNamespace(total=8 * 2**30, available=2**30)
    monkeypatch.setitem(sys.modules, "psutil", fake)
    assert machine.memory(NOTHING) == (8, 1)
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2**20, "SC_PAGE_SIZE": 2**12}.__getitem__, raising=False)
    assert machine.memory(NOTHING) == (4, None)
    monkeypatch.delattr(os, "sysconf")
    assert machine.memory(NOTHING) == (None, None)


class FakeNvml(ModuleType):
    """NVML of a machine with a gaming GPU and a data centre's, which has no fan."""

    class NVMLError(Exception):
        pass

    def __init__(self, works: bool = True) -> None:
        super().__init__("pynvml")
        self.works = works

    def nvmlInit(self) -> None:
        if not self.works:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlSystemGetDriverVersion(self) -> bytes:
        return b"580.65.06"

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return ("NVIDIA GeForce RTX 3060", "NVIDIA H100 PCIe")[handle]

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        return SimpleNamespace(total=12 * 2**30, free=11 * 2**30)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:
        return 41 + handle

    def nvmlDeviceGetFanSpeed(self, handle: int) -> int:
        if handle:
            raise self.NVMLError("Not Supported")
        return 30


def never(*command: Any, **settings: Any) -> Any:
    raise AssertionError("nvidia-smi was asked")


def smi(answer: str | Exception) -> Callable[..., Any]:
    def run(command: list[str], **settings: Any) -> Any:
        assert command[0] == "nvidia-smi"
        if isinstance(answer, Exception):
            raise answer
        return subprocess.CompletedProcess(command, 0, answer, "")

    return run


@pytest.mark.parametrize(
    ("number", "failed", "expected"), [(12040, 0, "12.4"), (13000, 0, "13.0"), (11080, 0, "11.8"), (0, 999, "")]
)
def test_the_driver_says_which_cuda_it_runs(
    monkeypatch: pytest.MonkeyPatch, number: int, failed: int, expected: str
) -> None:
    def answer(version: Any) -> int:
        version._obj.value = number
        return failed

    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: SimpleNamespace(cuDriverGetVersion=answer))
    assert machine.driver_cuda() == expected


@pytest.mark.parametrize("library", [None, SimpleNamespace()])
def test_without_a_driver_there_is_no_cuda(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:
    def load(name: str) -> Any:
        if library is None:
            raise OSError(f"{name}: cannot open shared object file")
        return library

    monkeypatch.setattr(machine.ctypes, "CDLL", load)
    assert machine.driver_cuda() == ""


def test_gpus_as_nvml_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml())
    monkeypatch.setattr(subprocess, "run", never)
    monkeypatch.setattr(machine, "driver_cuda", lambda: "13.0")
    assert machine.nvidia_gpus() == [
        Gpu("NVIDIA GeForce RTX 3060", "580.65.06", 12, 11, 41, 30, "13.0"),
        Gpu("NVIDIA H100 PCIe", "580.65.06", 12, 11, 42, None, "13.0"),
    ]


@pytest.mark.parametrize("nvml", [None, FakeNvml(works=False)])
def test_gpus_as_nvidia_smi_tells(monkeypatch: pytest.MonkeyPatch, nvml: ModuleType | None) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    lines = "Tesla T4, 535.183.01, 15360, 14000, 38, [N/A]\nNVIDIA A2, 535.183.01, 15356, [N/A], 50, 0\nnot a GPU\n"
    monkeypatch.setattr(subprocess, "run", smi(lines))
    monkeypatch.setattr(machine, "driver_cuda", lambda: "")
    first, second = machine.nvidia_gpus()
    assert first == Gpu("Tesla T4", "535.183.01", 15, 14000 / 1024, 38, None)
    assert (second.free, second.fan) == (None, 0)


@pytest.mark.parametrize(
    "answer",
    [
        FileNotFoundError("nvidia-smi"),
        PermissionError("nvidia-smi"),
        subprocess.TimeoutExpired("nvidia-smi", 20),
        subprocess.CalledProcessError(9, "nvidia-smi"),
        "No devices were found\n",
        "",
    ],
)
def test_no_gpu(monkeypatch: pytest.MonkeyPatch, answer: str | Exception) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(subprocess, "run", smi(answer))
    assert machine.nvidia_gpus() == []


def test_a_gpu_on_the_bus_that_has_no_driver(tmp_path: Path) -> None:
    assert not machine.nvidia_on_the_bus(NOTHING)
    slots: dict[str, str] = {"a": "0x10de 0x040300", "b": "0x1002 0x030000"}  # NVIDIA's sound chip, AMD's GPU
    for slot, text in slots.items():
        vendor, kind = text.split()
        files = {f"sys__bus__pci__devices__{slot}__vendor": vendor, f"sys__bus__pci__devices__{slot}__class": kind}
        written(tmp_path, **files)
    assert not machine.nvidia_on_the_bus(tmp_path)
    written(tmp_path, sys__bus__pci__devices__c__vendor="0x10de\n", sys__bus__pci__devices__c__class="0x030200\n")
    assert machine.nvidia_on_the_bus(tmp_path)


def test_the_rate_is_that_of_the_fastest_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 2.0, 2.0, 2.0, 2.5, 9.9])  # the start; then from, to, and is time up
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    assert machine.gigaflops(lambda: None, 1000, patience=3.0) == pytest.approx(2 / 0.5)
    monkeypatch.undo()
    assert machine.numpy_gigaflops(64) > 0

"""What this machine is: processor, memory, NVIDIA GPUs, and how fast it multiplies.

Whatever cannot be read is left out: nothing here needs PyTorch, and nothing fails on an odd machine.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib
import os
import platform
import subprocess
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

GIB = 2**30

INSTRUCTIONS = {
    "avx2": "AVX2",
    "avx512f": "AVX512",
    "avxvnni": "VNNI",
    "avx512vnni": "VNNI",
    "avx512clx": "VNNI",
    "avx512bf16": "BF16",
    "amxbf16": "AMX-BF16",
    "amxint8": "AMX-INT8",
    "neon": "NEON",
    "asimd": "NEON",
    "asimddp": "dot product",
    "i8mm": "I8MM",
    "bf16": "BF16",
    "sve": "SVE",
}
"""The vector instructions that matter here, by what the kernel and NumPy call them, less case and underscores."""


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU. memory, free: GiB. temperature: degrees Celsius. fan: per cent. None is what it does not tell.

    cuda: the newest that its driver runs, as "12.4"; empty where it does not tell.
    """

    name: str
    driver: str
    memory: float | None = None
    free: float | None = None
    temperature: int | None = None
    fan: int | None = None
    cuda: str = ""


def processor(root: Path = Path("/")) -> str:
    """The processor's name, empty if nothing tells it."""
    named = _field(_text(root / "proc/cpuinfo"), "model name") or _field(_text(root / "proc/cpuinfo"), "Model")
    return named or platform.processor()


def instructions(root: Path = Path("/")) -> list[str]:
    """The vector instructions it has, of those that matter."""
    cpuinfo = _text(root / "proc/cpuinfo")
    flags = (_field(cpuinfo, "flags") or _field(cpuinfo, "Features")).split() or _numpy_features()
    plain = {flag.lower().replace("_", "") for flag in flags}
    return list(dict.fromkeys(name for flag, name in INSTRUCTIONS.items() if flag in plain))


def _numpy_features() -> list[str]:
    try:
        features = importlib.import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):  # a name of NumPy's own, which it may change
        return []
    return [name for name, present in features.items() if present]


def cores(root: Path = Path("/")) -> tuple[float, int]:
    """How many cores this process may use, a part of one in a container, and how many there are."""
    there = os.cpu_count() or 1
    ask = getattr(os, "sched_getaffinity", None)
    usable = float(len(ask(0)) if ask is not None else there)
    quota, _, period = _text(root / "sys/fs/cgroup/cpu.max").strip().partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        usable = min(usable, int(quota) / int(period))
    return usable, there


def memory(root: Path = Path("/")) -> tuple[float | None, float | None]:
    """The whole memory and what is free of it, in GiB; a container's limit is its whole memory."""
    lines = _text(root / "proc/meminfo")
    kilobytes = [_field(lines, name).split()[:1] for name in ("MemTotal", "MemAvailable")]
    total, free = (int(number[0]) * 1024 / GIB if number and number[0].isdigit() else None for number in kilobytes)
    if total is None:
        total, free = _memory_without_proc()
    for path in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = _text(root / "sys/fs/cgroup" / path).strip()
        if total is not None and limit.isdigit() and int(limit) / GIB < total:
            total, free = int(limit) / GIB, None
    return total, free


def _memory_without_proc() -> tuple[float | None, float | None]:
    """As psutil knows it, which may be here for something else; else the whole alone, as the system says it."""
    try:
        import psutil
    except ImportError:
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB, None
        except (AttributeError, OSError, ValueError):  # Windows
            return None, None
    found = psutil.virtual_memory()
    return found.total / GIB, found.available / GIB


def nvidia_gpus() -> list[Gpu]:
    """The GPUs that NVIDIA's driver knows, asked through NVML where its Python package is there, else nvidia-smi."""
    cuda = driver_cuda()
    return [dataclasses.replace(gpu, cuda=cuda) for gpu in gpus_by_nvml() or gpus_by_smi()]


def driver_cuda() -> str:
    """The newest CUDA that NVIDIA's driver runs, as "12.4", by the driver's own library; empty where there is none."""
    version = ctypes.c_int()
    try:
        failed = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1").cuDriverGetVersion(
            ctypes.byref(version)
        )
    except (OSError, AttributeError):
        return ""
    return "" if failed else f"{version.value // 1000}.{version.value % 1000 // 10}"


def gpus_by_nvml() -> list[Gpu]:
    try:
        with warnings.catch_warnings(action="ignore"):  # an older package of that name says that it is old
            import pynvml
    except ImportError:
        return []

    def ask(question: Callable[..., Any], *what: Any) -> Any:
        try:
            return question(*what)
        except (pynvml.NVMLError, AttributeError):  # a GPU without a fan, for one, or a virtual one
            return None

    def text(value: Any) -> str:  # its older versions give bytes
        return value.decode() if isinstance(value, bytes) else str(value or "")

    try:
        pynvml.nvmlInit()
        driver, count = text(ask(pynvml.nvmlSystemGetDriverVersion)), pynvml.nvmlDeviceGetCount()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
    except pynvml.NVMLError:
        return []
    found = []
    for handle in handles:
        held = ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
        gpu = Gpu(
            text(ask(pynvml.nvmlDeviceGetName, handle)) or "NVIDIA GPU",
            driver,
            None if held is None else held.total / GIB,
            None if held is None else held.free / GIB,
            ask(pynvml.nvmlDeviceGetTemperature, handle, 0),  # 0: of the chip
            ask(pynvml.nvmlDeviceGetFanSpeed, handle),
        )
        found.append(gpu)
    return found


def gpus_by_smi() -> list[Gpu]:
    fields = "name,driver_version,memory.total,memory.free,temperature.gpu,fan.speed"
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return []
    found = []
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 6:
            total, free, temperature, fan = (int(cell) if cell.isdigit() else None for cell in cells[2:])
            sizes = [None if size is None else size / 1024 for size in (total, free)]  # MiB to GiB
            found.append(Gpu(cells[0], cells[1], sizes[0], sizes[1], temperature, fan))
    return found


def nvidia_on_the_bus(root: Path = Path("/")) -> bool:
    """Whether Linux sees a graphics device of NVIDIA's, with or without a driver."""
    devices = (root / "sys/bus/pci/devices").glob("*")
    return any(_text(d / "vendor").strip() == "0x10de" and _text(d / "class").startswith("0x03") for d in devices)


def gigaflops(multiply: Callable[[], object], size: int, patience: float = 0.3) -> float:
    """How fast `multiply` multiplies two matrices [size, size], in 1e9 operations a second.

    The fastest of the runs that `patience` seconds hold, at least one: the others say what else the machine was doing.
    """
    multiply()
    fastest, end = float("inf"), time.perf_counter() + patience
    while fastest == float("inf") or time.perf_counter() < end:
        began = time.perf_counter()
        multiply()
        fastest = min(fastest, time.perf_counter() - began)
    return 2 * size**3 / max(fastest, 1e-9) / 1e9


def numpy_gigaflops(size: int = 512) -> float:
    """The same of NumPy in float32."""
    first, second = np.ones((2, size, size), np.float32)
    return gigaflops(lambda: first @ second, size)


def _field(lines: str, name: str) -> str:
    """The value of the first `name : value` line, empty if there is none."""
    for line in lines.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""


def _text(path: Path) -> str:
    """A file of the system's, empty where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

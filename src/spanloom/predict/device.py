"""Where onnxruntime runs a graph."""

from __future__ import annotations

import os

import onnxruntime

from spanloom.errors import ConfigError
from spanloom.predict.outcomes import Device

CPU, GPU = "CPUExecutionProvider", "CUDAExecutionProvider"
"""What onnxruntime calls them."""


def providers_for(device: Device) -> list[str]:
    """What runs the operators, the first that can. Raises ConfigError where there is no such device."""
    if device != "cuda":
        return [CPU]
    if GPU not in onnxruntime.get_available_providers():
        found = f"onnxruntime {onnxruntime.__version__} was built without CUDA"
        remedy = "Install onnxruntime-gpu in place of onnxruntime, or use --device cpu."
        raise ConfigError("--device", found, "one that sees a GPU", remedy)
    return [GPU, CPU]


def require_device(session: onnxruntime.InferenceSession, device: Device) -> None:
    """Raise ConfigError where a session goes without the device, as it does where a library is missing."""
    if device == "cuda" and GPU not in session.get_providers():
        found = f"onnxruntime {onnxruntime.__version__} could not start it on the GPU"
        raise ConfigError("--device", found, "CUDA and cuDNN as it needs them", "Install them, or use --device cpu.")


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

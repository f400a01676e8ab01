"""Which device computes, and in which precision."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spanloom.core import Array, Batch
from spanloom.errors import ConfigError


def pick_device() -> torch.device:
    """A CUDA GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16(device: torch.device) -> bool:
    """Whether the hardware itself multiplies in bfloat16: Ampere and later, or a CPU with AVX512-BF16 or AMX-BF16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # PyTorch before 2.9 cannot say, and bfloat16 emulated in software is slower than float32.
        capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context of a forward pass. precision: "fp32", "bf16", "fp16", or "auto": bf16 where the hardware has it."""
    if precision == "fp16":
        return torch.autocast(device.type, dtype=torch.float16)
    enabled = precision == "bf16" or (precision == "auto" and has_bf16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def build_scaler(device: torch.device, precision: str) -> torch.amp.GradScaler | None:
    """What keeps small gradients from vanishing in float16 (Micikevicius et al. 2018); other precisions need none."""
    return torch.amp.GradScaler(device.type) if precision == "fp16" else None


def check_float16(
    model: nn.Module, batch: Batch, losses: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
) -> None:
    """Raise ConfigError where the model's device cannot compute some part of a training step in float16.

    A CPU has no recurrent layers in it, for one. One small batch is passed forward and back; no weight changes.
    """
    device = next(model.parameters()).device
    model.train()
    try:
        with autocast(device, "fp16"):
            outputs = model(**to_tensors(batch.inputs, device))
        parts = losses(widen(outputs), to_tensors(batch.targets, device))
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        reason = str(error).partition("\n")[0].partition(". ")[0]
        found = f"is 'fp16', in which this model cannot be computed on the device '{device.type}' ({reason})"
        remedy = "Set train.precision = 'auto', or use a GPU."
        raise ConfigError("train.precision", found, "'fp32' or 'bf16' there", remedy) from error
    model.zero_grad(set_to_none=True)


def to_tensors(arrays: Mapping[str, Array], device: torch.device) -> dict[str, Tensor]:
    """NumPy arrays as tensors on the device, by the same names."""
    return {name: torch.from_numpy(np.ascontiguousarray(array)).to(device) for name, array in arrays.items()}


def widen(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Half-precision outputs as float32, so that losses and decoding never see rounding they did not ask for."""
    half = (torch.bfloat16, torch.float16)
    return {name: tensor.float() if tensor.dtype in half else tensor for name, tensor in outputs.items()}


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed for the next table, and say whether it will (glibc alone is asked).

    By default it gives every large block back to the kernel and gets it again a step later as new pages, each of which
    costs a fault: an eighth of a training step on CoNLL04, a third of the tables' part with 216 relations. The process
    keeps the most memory that it ever held.
    """
    if sys.platform != "linux":
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    mapped, trim, pad = -4, -1, -2  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD of malloc.h
    return all(set_option(option, value) for option, value in ((mapped, 0), (trim, 2**31 - 1), (pad, 2**26)))

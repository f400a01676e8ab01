"""Which device computes, and in which precision."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spanloom.core import Array, Batch
from spanloom.errors import ConfigError

KEPT = 1100 * 2**20
"""Bytes that the C library's heap has room for."""
PROGRAMS = "64"
"""What oneDNN keeps at most: those of one step. It would keep 1,024, which on the resume data slowly took 100 MB and
left holes of as much, and made no step faster.
"""
LARGE_BLOCK = 2**22
"""Bytes of a block that is asked of the kernel where the heap has no room for it. With a quarter of it, training on the
resume data holds 140 MB less, and takes a third longer for new pages.
"""


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
    keeps the most memory that it ever held, up to `KEPT`. What is beyond comes from the kernel block by block: among
    kept blocks of ever new sizes, small ones that stay lie scattered, and large steps found no room between them.
    Most of the small ones are programs that oneDNN makes for each shape, so it keeps fewer of them too.
    """
    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"):
        return False
    return _keep_freed()


@cache
def _keep_freed() -> bool:
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", PROGRAMS)  # which it reads when it makes the first
    library = ctypes.CDLL(None)
    library.malloc.argtypes, library.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    library.free.argtypes, library.free.restype = [ctypes.c_void_p], None
    # M_MMAP_MAX, M_MMAP_THRESHOLD, M_TOP_PAD and M_TRIM_THRESHOLD of malloc.h
    mapped, threshold, pad, trim = -4, -3, -2, -1
    if not all(library.mallopt(option, value) for option, value in ((mapped, 0), (trim, 2**31 - 1), (pad, 2**20))):
        return False
    library.free(library.malloc(KEPT))  # the heap has its size from now on; no page of it is there before it is used
    return bool(library.mallopt(threshold, LARGE_BLOCK) and library.mallopt(mapped, 2**16))

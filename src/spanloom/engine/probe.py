"""What the installed PyTorch is and can use; for `spanloom doctor`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class TorchFacts:
    """cuda, rocm: what it was built for, empty if for the CPU. usable: it computes on a GPU here; why: why it does not.

    architectures: the GPUs that the build knows, as sm_80. capabilities: of the GPUs here, as (8, 6).
    """

    version: str
    cuda: str = ""
    rocm: str = ""
    usable: bool = False
    why: str = ""
    architectures: tuple[str, ...] = ()
    capabilities: tuple[tuple[int, int], ...] = ()


def look() -> TorchFacts:
    """Ask PyTorch itself, and keep what it warns about."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        usable = torch.cuda.is_available()
    count = torch.cuda.device_count() if usable else 0
    return TorchFacts(
        version=str(torch.__version__),
        cuda=torch.version.cuda or "",
        rocm=torch.version.hip or "",
        usable=usable,
        why="" if usable or not warned else " ".join(str(warned[0].message).split()),
        architectures=tuple(torch.cuda.get_arch_list()) if usable else (),
        capabilities=tuple(torch.cuda.get_device_capability(index) for index in range(count)),
    )


def multiplication(device: str, size: int) -> Callable[[], None]:
    """A function that multiplies two float32 matrices [size, size] and waits for the product."""
    first, second = (torch.ones(size, size, device=device) for _ in range(2))

    def multiply() -> None:
        torch.matmul(first, second)
        if device != "cpu":
            torch.cuda.synchronize()

    return multiply

"""Several processes that train one model together, under torch.distributed.

Each holds the whole data and the whole model, and computes its share of every update; what they find is summed, so that
their weights stay the same bits. Only the first one scores and writes. A process alone is the first of one.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from spanloom.engine.device import pick_device
from spanloom.errors import ConfigError, SpanloomError

T = TypeVar("T")

PATIENCE = timedelta(hours=6)
"""How long a process waits for the others. The launcher ends them all when one dies, and scoring on dev takes time."""


@dataclass(frozen=True)
class Launch:
    """A process among those that a launcher started. rank: among all, from 0. local_rank: among this machine's."""

    rank: int = 0
    local_rank: int = 0
    processes: int = 1
    cpu: bool = False


def read_launch(environment: Mapping[str, str]) -> Launch:
    """What torchrun or `accelerate launch` says in the environment; a process that none of them started is alone.

    Raises ConfigError where it says that there are others, but not which of them this one is, or where they meet.
    """
    cpu = environment.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes")
    if environment.get("WORLD_SIZE", "1") == "1":
        return Launch(cpu=cpu)
    missing = [key for key in ("MASTER_ADDR", "MASTER_PORT") if key not in environment]
    numbers = {key: environment.get(key, "") for key in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    odd = [
        f"{key} is '{value}'" if value else f"{key} is not set" for key, value in numbers.items() if not value.isdigit()
    ]
    if odd or missing:
        found = " and ".join(odd + [f"{key} is not set" for key in missing])
        expected = "the variables that a launcher sets for each of several processes"
        raise ConfigError("the environment", found, expected, "Start them with torchrun or accelerate launch.")
    return Launch(int(numbers["RANK"]), int(numbers["LOCAL_RANK"]), int(numbers["WORLD_SIZE"]), cpu)


def device_of(launch: Launch) -> torch.device:
    """The CPU, or a GPU of this process's own. Raises ConfigError where there are fewer GPUs than processes."""
    device = torch.device("cpu") if launch.cpu else pick_device()
    if launch.processes == 1 or device.type == "cpu":
        return device
    count = torch.cuda.device_count()
    if launch.local_rank >= count:
        expected = f"one for each process, but this machine shows {count} of them"
        remedy = f"Start at most {count} here, or set CUDA_VISIBLE_DEVICES='' to train on the CPU."
        raise ConfigError(
            f"LOCAL_RANK {launch.local_rank}", f"there is no CUDA device {launch.local_rank}", expected, remedy
        )
    return torch.device("cuda", launch.local_rank)


@contextmanager
def join_processes(launch: Launch) -> Iterator[torch.device]:
    """Train together with the other processes inside, on the device that is given.

    A group that stands already is used, and left standing. Raises SpanloomError in the processes that are left when
    another one ends before its time.
    """
    device = device_of(launch)
    if launch.processes == 1 or dist.is_initialized():
        yield device
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # Functions of that module keep, as a default, the group that stands when it is first imported, which deterministic
    # algorithms do: gloo's threads would outlive the group, and now and then abort a process that ends.
    importlib.import_module("torch.distributed.nn.functional")
    try:
        # Gradients go from GPU to GPU; all else is in main memory, and waiting there keeps no GPU busy.
        gpus = device.type == "cuda" and dist.is_nccl_available()
        dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=PATIENCE)
        yield device
    except RuntimeError as error:
        if not _left_alone(error):
            raise
        found = f"another process has stopped, or cannot be reached ({str(error).partition(chr(10))[0]})"
        raise SpanloomError(f"process {launch.rank}", found, "", "What that one said tells why.") from error
    # Not after an error: that could wait for messages that nobody is going to send.
    dist.destroy_process_group()


def _left_alone(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower() or "NCCL" in str(error)


def process_count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of the processes this one is, counted from 0."""
    return dist.get_rank() if process_count() > 1 else 0


def share_of(group: Sequence[T]) -> Sequence[T]:
    """What this process does of a group that is dealt out in turn: nothing, where there is less than one for each."""
    return group[rank() :: process_count()]


def gather(value: T) -> list[T]:
    """The values that the processes give, in the order of their ranks, in every process."""
    if process_count() == 1:
        return [value]
    values: list[Any] = [None] * process_count()
    dist.all_gather_object(values, value)
    return values


def from_first(make: Callable[[], T]) -> T:
    """What `make` returns in the first process, in every process; it is not called in the others, which wait."""
    if process_count() == 1:
        return make()
    values = [make() if rank() == 0 else None]
    dist.broadcast_object_list(values)
    return values[0]  # type: ignore[return-value]


def copy_first(model: nn.Module) -> None:
    """Give every process the weights of the first: those that different machines compute might differ in a bit."""
    if process_count() > 1:
        for weight in model.parameters():
            dist.broadcast(weight.data, 0)


def add_up(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Sum tables by name, over the micro-batches and then over the processes, of which each may lack any name."""
    return _sum(gather(_sum(tables)))


def _sum(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = sorted({name for table in tables for name in table})
    return {name: math.fsum(table.get(name, 0.0) for table in tables) for name in names}


def add_up_gradients(weights: Sequence[Tensor]) -> None:
    """Sum the gradients over the processes, in one message for each kind of number.

    A weight that no process has a gradient for, as a frozen one, keeps none. An infinity on one process is one, or not
    a number, on all of them afterwards.
    """
    if process_count() == 1:
        return
    used = {
        index for here in gather([i for i, weight in enumerate(weights) if weight.grad is not None]) for index in here
    }
    for index in used:
        if weights[index].grad is None:  # a part of the model that this process's share did not use
            weights[index].grad = torch.zeros_like(weights[index])
    for kind in sorted({weights[index].dtype for index in used}, key=str):
        gradients = [w.grad for w in weights if w.dtype == kind and w.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

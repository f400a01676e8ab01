"""Computing that repeats itself to the bit, by settings that PyTorch has one of in the whole process.

So whoever computes at the same time shares them: the first to come notes down what was set, the last to go puts it
back. How many threads PyTorch uses is a setting of each Python thread, but new threads begin with the last one set.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch

_DETERMINISTIC: Any = torch.utils.deterministic  # a module whose switch is a property that type checkers do not see


class _Settings(NamedTuple):
    """What is put back: PyTorch's threads, and its three switches for algorithms that repeat themselves."""

    threads: int
    deterministic: bool
    warn_only: bool
    fill: bool

    @classmethod
    def now(cls) -> _Settings:
        return cls(
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
            _DETERMINISTIC.fill_uninitialized_memory,
        )


class _Shared:
    """The users of the settings, and what was set before the first of them came."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.on_cpu = 0
        self.before: _Settings | None = None

    def enter(self, on_cpu: bool, threads: int) -> None:
        with self.lock:
            now = (
                _Settings.now()
            )  # reading the threads settles them: before that, computing would take the last one set
            self.before = self.before or now
            self.users += 1
            self.on_cpu += on_cpu
            if self.on_cpu:
                torch.use_deterministic_algorithms(True, warn_only=True)
                _DETERMINISTIC.fill_uninitialized_memory = False
            torch.set_num_threads(threads or self.before.threads)

    def leave(self, on_cpu: bool) -> None:
        with self.lock:
            before = self.before
            assert before is not None
            self.users -= 1
            self.on_cpu -= on_cpu
            torch.set_num_threads(before.threads)
            if not self.on_cpu:
                torch.use_deterministic_algorithms(before.deterministic, warn_only=before.warn_only)
                _DETERMINISTIC.fill_uninitialized_memory = before.fill
            if not self.users:
                self.before = None


_SHARED = _Shared()


@contextmanager
def repeatable(device: torch.device, threads: int) -> Iterator[None]:
    """On the CPU, the same bits each time: without it, gathers add up their gradients in whatever order threads arrive.

    threads: how many threads PyTorch may use for what this Python thread computes, 0 for as many as it used before.
    What was set before is set again when the last of those who are inside at the same time leaves. In one Python
    thread it is not entered twice: leaving the inner one would end the outer one's number of threads.
    """
    on_cpu = device.type == "cpu"
    _SHARED.enter(on_cpu, threads)
    try:
        yield
    finally:
        _SHARED.leave(on_cpu)

"""Work that may crash or hang, in a process of its own that is started again when it did."""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

PATIENCE = 60.0
"""Seconds that one piece of work may take before its process is killed."""


@dataclass(frozen=True)
class Outcome:
    """What became of a piece of work: "refused", "as before", "other", or one of `FELL_SHORT`; and its words."""

    kind: str
    said: str = ""


FELL_SHORT = ("a bug", "crashed", "hung", "lost", "wrong")
"""The kinds of outcome that must not be: an error nobody raised on purpose, a dead or endless process, gold or files
that are gone, and damage that went unnoticed."""


class Worker:
    """Calls functions by name in another process: `worker.call("attacks.formats", "attempt", {...})`."""

    def __init__(self) -> None:
        self._process: Any = None
        self._end: Connection | None = None

    def call(self, module: str, function: str, arguments: Mapping[str, Any], patience: float = PATIENCE) -> Outcome:
        """The outcome that the function returns, or that its process died or took longer than `patience` seconds."""
        if self._process is None:
            self._start()
        assert self._end is not None
        try:
            self._end.send((module, function, dict(arguments)))
            if not self._end.poll(patience):
                self._process.kill()
                self.close()
                return Outcome("hung", f"no answer after {patience:.0f} seconds")
            return self._end.recv()  # type: ignore[no-any-return]
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join(10)
            code = self._process.exitcode
            self.close()
            return Outcome("crashed", f"the process ended with {code}")

    def close(self) -> None:
        """End the process: it stops when its other end goes away, or is killed if it is busy."""
        if self._end is not None:
            self._end.close()
            self._end = None
        if self._process is not None:
            self._process.join(5)
            self._process.kill()
            self._process.join()
            self._process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._end, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other,), daemon=True)
        self._process.start()
        other.close()


def serve(end: Connection) -> None:
    """Answer calls until the other end goes away."""
    while True:
        try:
            module, function, arguments = end.recv()
        except EOFError:
            return
        try:
            outcome = getattr(importlib.import_module(module), function)(**arguments)
        except Exception as error:
            outcome = Outcome("a bug", f"{type(error).__name__}: {error}"[:500])
        end.send(outcome)

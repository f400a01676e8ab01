"""Ctrl-C while training: the step that goes on is finished, and everything is saved."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class StopRequest:
    """Turns the first Ctrl-C into a request to stop after the step that is going on; a second one stops at once."""

    def __init__(self) -> None:
        self.requested = False
        self._main = threading.current_thread() is threading.main_thread()  # only there can signals be handled
        self._before: Any = None

    def __enter__(self) -> StopRequest:
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

"""Answers into a store of facts, by a thread of its own: no client waits for a disk."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.answers.parts.drawing import shown_text
from spanloom.errors import SpanloomError
from spanloom.serve.loaded import Loaded
from spanloom.store.connections import open_to_write
from spanloom.store.writer import SECONDS, Writer
from spanloom.write.terminal import say

WAITING = 10_000
"""Answers that wait to be written at most; the models' threads then wait too."""

IDLE = 60.0
"""Seconds after which the connection of a model that nobody asks is closed, such as of one that was replaced."""

Answer = tuple[Loaded, Mapping[str, Any]]


class Keeper:
    """Writes what it is given. failed: called for each batch that could not be kept, which is also said."""

    def __init__(self, path: Path, failed: Callable[[], None]) -> None:
        self.path = path
        self.failed = failed
        self._answers: queue.Queue[Answer | None] = queue.Queue(WAITING)
        self._writers: dict[Loaded, tuple[Writer, float]] = {}
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Make the store where there is none, so that it can be read from now on, and let the thread begin.

        A store that cannot be used is said; the service answers all the same.
        """
        try:
            open_to_write(self.path).close()
        except SpanloomError as error:
            say(f"The store cannot be used: {error}")
        self._thread.start()

    def add(self, model: Loaded, shown: Mapping[str, Any]) -> None:
        """Keep an answer as a user sees it. What failed is not kept."""
        if "error" not in shown:
            self._answers.put((model, shown))

    def stop(self) -> None:
        """Write what is left, and close the store."""
        self._answers.put(None)
        self._thread.join()

    def _run(self) -> None:
        flushed = time.monotonic()
        while True:
            try:
                taken = self._answers.get(timeout=SECONDS)
            except queue.Empty:
                self._flush()
                continue
            if taken is None:
                break
            self._attempt(partial(self._add, *taken))
            if time.monotonic() - flushed >= SECONDS:
                self._flush()
                flushed = time.monotonic()
        for writer, _ in self._writers.values():
            self._attempt(writer.close)

    def _add(self, model: Loaded, shown: Mapping[str, Any]) -> None:
        if model not in self._writers:
            assert model.kept is not None
            self._writers[model] = Writer(self.path, model.kept), 0.0
        writer = self._writers[model][0]
        self._writers[model] = writer, time.monotonic()
        writer.add(shown_text(shown), shown)

    def _flush(self) -> None:
        for model, (writer, used) in list(self._writers.items()):
            if time.monotonic() - used > IDLE:
                del self._writers[model]
                self._attempt(writer.close)
            else:
                self._attempt(writer.flush)

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # whatever it is, the thread goes on, and says nothing of a text
            self.failed()
            reason = error if isinstance(error, SpanloomError) else type(error).__name__
            say(f"The store did not take answers: {reason}")

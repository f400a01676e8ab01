"""Texts that wait, of all clients, joined into batches for the models' threads."""

from __future__ import annotations

import math
import threading
import time
from collections import deque

from spanloom.serve.loaded import Loaded
from spanloom.serve.refusals import queue_full, stopping
from spanloom.serve.tickets import Part, Ticket

BATCH_TEXTS = 32
BATCH_CHARACTERS = 16_384
"""What a batch has at most, but for one text that is longer: about 4,000 tokens."""

LATE = 0.002
"""Seconds that a batch waits for company at most."""

MEMORY = 0.9
"""How much of the measured rate stays when a batch is done; the rest is that batch's."""


class Queue:
    """Where texts wait for a thread. Safe to use from several threads.

    Each version of a model has a lane, in the order of arrival; the lane whose first text came first is served first. A
    batch waits for company only while another thread is at work: where none is, the machine has nothing better to do
    than to begin. What waits is shared out among the threads that have nothing to do.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.waiting = 0
        self._lanes: dict[Loaded, deque[Part]] = {}
        self._changed = threading.Condition()
        self._idle = 0
        self._working = 0
        self._closed = False
        self._rate = 0.0  # texts a second

    def put(self, ticket: Ticket) -> None:
        """Let the texts of a ticket wait. Raises Refused where they would be too many, or the service is stopping."""
        parts = ticket.parts()
        with self._changed:
            if self._closed:
                raise stopping()
            if self.waiting + len(parts) > self.most:
                raise queue_full(self.most, self._seconds())
            self._lanes.setdefault(ticket.model, deque()).extend(parts)
            self.waiting += len(parts)
            self._changed.notify_all()

    def drop(self, ticket: Ticket) -> None:
        """Take out what of a ticket still waits."""
        ticket.dropped = True
        with self._changed:
            lane = self._lanes.get(ticket.model)
            if lane is not None:
                self._replace(ticket.model, deque(part for part in lane if part.ticket is not ticket))

    def take(self) -> list[Part] | None:
        """The next batch, of one model; waits for it. None once the queue is closed and empty."""
        with self._changed:
            self._idle += 1
            try:
                while True:
                    if not self._lanes:
                        if self._closed:
                            return None
                        self._changed.wait()
                        continue
                    model = min(self._lanes, key=lambda each: self._lanes[each][0].came)
                    lane = self._lanes[model]
                    left = lane[0].came + LATE - time.monotonic()
                    if self._working and left > 0 and not _is_full(lane) and not self._closed:
                        self._changed.wait(left)
                        continue
                    self._working += 1
                    return self._batch(model, lane)
            finally:
                self._idle -= 1

    def finished(self, texts: int, seconds: float) -> None:
        """A batch is done; so many texts took so long."""
        with self._changed:
            rate = texts / max(seconds, 1e-6) * self._working
            self._rate = MEMORY * self._rate + (1 - MEMORY) * rate if self._rate else rate
            self._working -= 1

    def close(self) -> None:
        """Take nothing more; what waits is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _batch(self, model: Loaded, lane: deque[Part]) -> list[Part]:
        most = min(BATCH_TEXTS, math.ceil(len(lane) / self._idle))
        taken = [lane.popleft()]
        characters = taken[0].characters
        while lane and len(taken) < most and characters + lane[0].characters <= BATCH_CHARACTERS:
            taken.append(lane.popleft())
            characters += taken[-1].characters
        self._replace(model, lane, len(taken))
        return taken

    def _replace(self, model: Loaded, lane: deque[Part], taken: int = 0) -> None:
        """Put what is left of a lane in its place; `taken` were taken out of the very same."""
        self.waiting += len(lane) - len(self._lanes[model]) - taken
        if lane:
            self._lanes[model] = lane
        else:
            del self._lanes[model]

    def _seconds(self) -> int:
        """In how many seconds there may be room again: when half of what waits is done, by the measured rate."""
        return min(60, max(1, math.ceil(self.waiting / 2 / self._rate))) if self._rate else 1


def _is_full(lane: deque[Part]) -> bool:
    if len(lane) >= BATCH_TEXTS:
        return True
    return sum(part.characters for part in lane) >= BATCH_CHARACTERS

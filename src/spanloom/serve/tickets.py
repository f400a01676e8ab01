"""A request's texts on their way through the queue and the models' threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spanloom.decode.threshold import Threshold
from spanloom.predict.predictor import UserText
from spanloom.predict.reading import Reading
from spanloom.serve.loaded import Loaded


def characters_of(text: UserText) -> int:
    """How long a text is, or all the texts that make one answer."""
    return len(text) if isinstance(text, str) else sum(map(len, text))


class Outcome(NamedTuple):
    """What a user gets of one text: an answer as a plain dict, or that of its error; and how the text was read."""

    shown: dict[str, Any]
    reading: Reading
    failed: bool


@dataclass(eq=False)
class Ticket:
    """The texts of one request and what becomes of them. done: ends in its event loop once all are answered.

    dropped: nobody waits for it any more, so that what of it has not begun need not begin.
    """

    model: Loaded
    texts: Sequence[UserText]
    threshold: Threshold
    done: asyncio.Future[None]
    dropped: bool = False
    outcomes: list[Outcome | None] = field(default_factory=list)
    left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.left = len(self.texts)
        self.outcomes = [None] * self.left

    def parts(self) -> list[Part]:
        """Its texts, each by itself, as they join others in a batch."""
        now = time.monotonic()
        return [Part(self, number, characters_of(text), now) for number, text in enumerate(self.texts)]

    def settle(self, number: int, outcome: Outcome) -> bool:
        """Note what became of one of the texts; whether that was the last of them."""
        with self.lock:
            self.outcomes[number] = outcome
            self.left -= 1
            return not self.left


class Part(NamedTuple):
    """One text of a ticket. number: which, from 0. came: when, by the monotonic clock, in seconds."""

    ticket: Ticket
    number: int
    characters: int
    came: float

    @property
    def text(self) -> UserText:
        return self.ticket.texts[self.number]


def settle(settled: Iterable[tuple[Part, Outcome]]) -> None:
    """Note what became of texts, in a model's thread; whose request is answered by that is woken.

    All are woken together, as each time takes a system call.
    """
    ended = [part.ticket.done for part, outcome in settled if part.ticket.settle(part.number, outcome)]
    if ended:
        ended[0].get_loop().call_soon_threadsafe(_wake, ended)


def _wake(ended: Iterable[asyncio.Future[None]]) -> None:
    for done in ended:
        if not done.done():  # who waited went away, or had no more time
            done.set_result(None)

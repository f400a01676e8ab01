"""The service without its addresses: models, the queue, threads that answer, and how a model is swapped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spanloom.decode.threshold import GivenThreshold, Threshold, threshold_for
from spanloom.errors import CheckpointError, ConfigError, SpanloomError
from spanloom.predict.long_text import limit_of
from spanloom.predict.predictor import UserText
from spanloom.predict.reading import Reading
from spanloom.serve.answering import answer, failure
from spanloom.serve.keeping import Keeper
from spanloom.serve.loaded import Loaded, open_model
from spanloom.serve.meters import Meters
from spanloom.serve.queue import Queue
from spanloom.serve.refusals import Refused, beyond, stopping, too_late, unknown_model, unusable
from spanloom.serve.settings import Settings
from spanloom.serve.tickets import Outcome, Ticket, characters_of, settle
from spanloom.write.terminal import say

Gone = Callable[[], Awaitable[object]]
"""Gives what ends when a client goes away."""

PATIENCE = 0.05
"""Seconds after which it is looked whether a client is still there; most have their answer by then."""

PLAIN = Reading(inputs=1)
"""How a text was read of which there is nothing to say."""


@dataclass(frozen=True)
class Answered:
    """What a request gets: which version of which model answered, an outcome a text, and how the texts were read."""

    model: Loaded
    outcomes: Sequence[Outcome]

    def about(self) -> dict[str, Any]:
        """What a response says beside the answers."""
        return {"model": self.model.name, "version": self.model.version, "notes": self.notes()}

    def notes(self) -> list[str]:
        """What was not read at once and whole, a sentence each."""
        if all(outcome.failed or outcome.reading == PLAIN for outcome in self.outcomes):
            return []
        together = Reading(limit=limit_of(self.model.predictor.codec))
        for outcome in self.outcomes:
            together.add(outcome.reading)
        together.failed = 0  # errors stand in the places of their answers
        return together.sentences()


class Service:
    """Models that answer. Its coroutines run in one event loop; the models in threads of their own."""

    def __init__(self, folders: Mapping[str, Path], settings: Settings) -> None:
        self.settings = settings
        keep = settings.store is not None
        self.models = {name: open_model(name, folder, keep) for name, folder in folders.items()}
        self.queue = Queue(settings.limits.queue)
        self.meters = Meters(lambda: self.queue.waiting)
        self.keeper = None if settings.store is None else Keeper(settings.store, self.meters.unkept.inc)
        self.draining = False
        self._reloading = {name: threading.Lock() for name in folders}
        self._threads = [
            threading.Thread(target=self._work, name=f"model {number}", daemon=True)
            for number in range(settings.threads)
        ]

    def start(self) -> None:
        """Let the threads begin."""
        if self.keeper is not None:
            self.keeper.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more, and wait until what was taken is answered."""
        self.draining = True
        self.queue.close()
        for thread in self._threads:
            thread.join()
        if self.keeper is not None:
            self.keeper.stop()

    def model(self, name: str | None) -> Loaded:
        """The model of this name, or the first where none is named. Raises Refused."""
        if name is None:
            return next(iter(self.models.values()))
        if name not in self.models:
            raise unknown_model(name, list(self.models))
        return self.models[name]

    async def answer(
        self, model: Loaded, texts: Sequence[UserText], given: GivenThreshold | None, gone: Gone
    ) -> Answered:
        """The outcomes for texts. gone: what it gives ends when the client is.

        Raises Refused for what is beyond a limit, a threshold that the model does not know, a full queue, and when the
        time runs out.
        """
        if self.draining:
            raise stopping()
        self._check(texts, model)
        try:
            sure = Threshold() if given is None else threshold_for(given, model.predictor.task, model.predictor.codec)
        except ConfigError as error:
            raise unusable(error, "threshold") from error
        if not texts:
            return Answered(model, ())
        ticket = Ticket(model, texts, sure, asyncio.get_running_loop().create_future())
        self.queue.put(ticket)
        try:
            await self._until(ticket.done, gone)
        except BaseException:
            self.queue.drop(ticket)
            raise
        outcomes = [outcome for outcome in ticket.outcomes if outcome is not None]
        for outcome in outcomes:
            self.meters.texts.labels(model.name, "failed" if outcome.failed else "answered").inc()
        return Answered(model, outcomes)

    def reload(self, name: str, folder: Path | None = None) -> Loaded:
        """Load a model again and put it in the place of the one that answers; that one answers what was taken for it.
        folder: another than its own, which is its own from then on. Blocks while it loads. Raises CheckpointError, and
        the old one stays, where it cannot be loaded.
        """
        old = self.model(name)
        folder = folder or old.folder
        with self._reloading[name]:
            try:
                new = open_model(name, folder, self.keeper is not None)
            except Exception as error:
                self.meters.reloads.labels(name, "failed").inc()
                say(f"Model {name!r} was not loaded again, and version {old.version} stays: {error}")
                if isinstance(error, SpanloomError):
                    raise
                found = f"could not be loaded ({type(error).__name__})"
                raise CheckpointError(str(folder), found, remedy="Look at the log of the service.") from error
            self.models[name] = new
            self.meters.reloads.labels(name, "loaded").inc()
            say(f"Model {name!r} was loaded again: version {new.version}.")
            return new

    def _check(self, texts: Sequence[UserText], model: Loaded) -> None:
        """What stands for a file, such as a picture, has the limit of the body alone: it has no characters to read."""
        limits = self.settings.limits
        if len(texts) > limits.texts:
            raise beyond(422, "texts", f"{len(texts):,} texts", limits.texts)
        if model.predictor.task.sent is not None:
            return
        for number, text in enumerate(texts, start=1):
            if (length := characters_of(text)) > limits.characters:
                raise beyond(422, "characters", f"text {number} has {length:,} characters", limits.characters)

    async def _until(self, done: asyncio.Future[None], gone: Gone) -> None:
        """Wait until it is done. Raises Refused where the time runs out, or the client goes away, first."""
        loop, seconds = done.get_loop(), self.settings.limits.seconds
        patience = min(PATIENCE, seconds)
        pending: list[asyncio.TimerHandle | asyncio.Future[object]] = []

        def refuse(error: Refused) -> None:
            if not done.done():
                done.set_exception(error)

        def left(ended: asyncio.Future[object]) -> None:
            if not ended.cancelled():
                refuse(Refused(499, "client_gone", SpanloomError("client", "went away")))

        def look() -> None:
            leaving = asyncio.ensure_future(gone())
            leaving.add_done_callback(left)
            pending.extend((leaving, loop.call_later(seconds - patience, lambda: refuse(too_late(seconds)))))

        pending.append(loop.call_later(patience, look))
        try:
            await done
        finally:
            for each in pending:
                each.cancel()

    def _work(self) -> None:
        """A model's thread: batch after batch, until the queue is closed and empty."""
        keep = None if self.keeper is None else self.keeper.add
        while (parts := self.queue.take()) is not None:
            began = time.monotonic()
            self.meters.begun(parts, began)
            try:
                answer(parts, partial(self.meters.ended, parts), keep)
            except Exception as error:  # a bug of ours, which must neither end the thread nor keep anybody waiting
                say(f"A batch failed with {type(error).__name__}.")
                lost = (part for part in parts if part.ticket.outcomes[part.number] is None)
                settle((part, failure(part, error)) for part in lost)
            finally:
                self.queue.finished(len(parts), time.monotonic() - began)

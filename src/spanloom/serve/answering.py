"""A batch of texts through the stages of prediction, in a model's thread, with what each stage takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spanloom.contracts import Codec, Task
from spanloom.core import Row
from spanloom.decode.rows import decoded, in_order
from spanloom.errors import SpanloomError
from spanloom.predict.outcomes import HERE, Work, numbered, placed
from spanloom.predict.predictor import Predictor
from spanloom.predict.reading import Reading
from spanloom.predict.stream import Stream
from spanloom.serve.loaded import Loaded
from spanloom.serve.tickets import Outcome, Part, settle

STAGES = ("encode", "forward", "decode")

Keep = Callable[[Loaded, Mapping[str, Any]], None]
"""Keeps what a user is shown of a text."""


class Dropped(Exception):
    """Nobody waits for any answer of this batch any more."""


class Timed:
    """The stages of a predictor for one batch; see `Stages`. seconds: what each took.

    wanted: whether anybody still waits, asked before each call of the network.
    """

    def __init__(self, predictor: Predictor[Any], wanted: Callable[[], bool]) -> None:
        self.predictor = predictor
        self.wanted = wanted
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.readings: dict[int, Reading] = {}

    @property
    def task(self) -> Task:
        return self.predictor.task

    @property
    def codec(self) -> Codec:
        return self.predictor.codec

    @property
    def second_look(self) -> str:
        return self.predictor.second_look

    def encode(self, item: Any) -> Work:
        began = time.perf_counter()
        try:
            return self.predictor.encode(item)
        finally:
            self.seconds["encode"] += time.perf_counter() - began

    def predict_rows(self, rows: Sequence[Row]) -> list[Any]:
        """As `Predictor.predict_rows`, one call of the network after another: other threads have other batches."""
        passing = self.predictor.forward(rows)
        found: list[list[tuple[int, Any]]] = []
        while True:
            if not self.wanted():
                raise Dropped
            began = time.perf_counter()
            passed = next(passing, None)
            through = time.perf_counter()
            self.seconds["forward"] += through - began
            if passed is None:
                return in_order(found)
            found.append(decoded(self.codec, passed))
            self.seconds["decode"] += time.perf_counter() - through

    def merge(self, work: Work, answers: Sequence[Any]) -> Any:
        """As `Predictor.merge`; what was read of each input is counted by itself."""
        began = time.perf_counter()
        reading = self.readings[id(work.item)] = Reading(inputs=1)
        if work.places is not None and len(work.places) > 1:
            reading.windowed, reading.windows = 1, len(work.places)
        reading.add_rows(work.rows, answers)
        merged = self.predictor.merge(work, answers)
        self.seconds["decode"] += time.perf_counter() - began
        return merged


def answer(parts: Sequence[Part], ended: Callable[[Mapping[str, float]], None], keep: Keep | None = None) -> None:
    """Settle each part of a batch, all of one model. ended: told before what each stage took, in seconds, so that who
    has an answer finds it counted. keep: where answers go too.
    """
    predictor = parts[0].ticket.model.predictor
    stages = Timed(predictor, lambda: not all(part.ticket.dropped for part in parts))
    began = time.perf_counter()
    inputs = [predictor.attempt(part.text, HERE, sent=True) for part in parts]
    stages.seconds["encode"] += time.perf_counter() - began
    outcomes = Stream(stages, errors="return", name=lambda number: _where(parts[number])).outcomes(inputs)
    settled = [
        _shown(part, item, outcome, predictor.task, stages.readings.get(id(item), Reading(failed=1)))
        for part, item, outcome in zip(parts, inputs, outcomes, strict=True)
    ]
    ended(stages.seconds)
    for part, outcome in zip(parts, settled, strict=True):
        if keep is not None and not part.ticket.dropped:
            keep(part.ticket.model, outcome.shown)
    settle(zip(parts, settled, strict=True))


def _shown(part: Part, item: Any, outcome: Any, task: Task, reading: Reading) -> Outcome:
    """The sure part of an answer as a user sees it, or the error in its place."""
    if not isinstance(outcome, SpanloomError):
        try:
            return Outcome(task.show(item, part.ticket.threshold.kept(outcome)), reading, False)
        except Exception as error:
            outcome = error
    return failure(part, outcome)


def failure(part: Part, error: Exception) -> Outcome:
    """An error in place of an answer."""
    return Outcome({"error": str(placed(error, _where(part)))}, Reading(failed=1), True)


def _where(part: Part) -> str:
    return numbered(part.number) if len(part.ticket.texts) > 1 else "text"

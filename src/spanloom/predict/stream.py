"""Many inputs through the stages of prediction, in order and in bounded memory, with an error beside its input."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_args

from spanloom.core import Row
from spanloom.decode.numbers import refuse_odd_scores
from spanloom.errors import ConfigError, SpanloomError
from spanloom.predict.outcomes import CHUNK, HERE, Errors, More, Work, always, placed
from spanloom.predict.reading import Reading
from spanloom.predict.revisit import read_again
from spanloom.predict.stages import Stages


def as_it_is(item: Any, answer: Any) -> Any:
    """The answer of an input, to which nothing is added."""
    return answer


def here(index: int) -> str:
    """What an error calls an input that has no name."""
    return HERE


@dataclass(frozen=True)
class Stream:
    """How inputs are to be answered.

    stages: what they go through. reading, errors, more: see `Predictor.predict`. name: what an error calls
    the input of an index. finish: what is made of an input and its answer in the end.
    """

    stages: Stages
    reading: Reading = field(default_factory=Reading)
    errors: Errors = "raise"
    more: More = always
    name: Callable[[int], str] = here
    finish: Callable[[Any, Any], Any] = as_it_is

    def outcomes(self, inputs: Iterable[Any]) -> Iterator[Any]:
        """An answer, or the error in its place, for each input. An exception among them fails in its place."""
        if self.errors not in get_args(Errors):
            found = f"errors is {self.errors!r}"
            raise ConfigError("predict", found, "'raise' or 'return'", "Set errors to one of the two.")
        index = itertools.count()
        taken = iter(inputs)
        ended: Exception | None = None
        while ended is None:
            waiting, ended = self._taken(taken)
            for outcome in self._finished(waiting):
                where = self.name(next(index))
                if not isinstance(outcome, Exception):
                    yield outcome
                elif self.errors == "return":
                    yield placed(outcome, where)
                else:
                    raise placed(outcome, where) if isinstance(outcome, SpanloomError) else outcome
        if not isinstance(ended, StopIteration):
            raise ended

    def _taken(self, inputs: Iterator[Any]) -> tuple[list[Work | Exception], Exception | None]:
        """As many inputs as are answered together, and what ended them, where something did."""
        waiting: list[Work | Exception] = []
        held = 0
        while held < CHUNK:
            try:
                if waiting and not self.more():
                    break
                waiting.append(work := self._begun(next(inputs)))
            except Exception as error:  # StopIteration, or the iterable's own, which answers must not wait behind
                return waiting, error
            held += max(1, len(work.rows)) if isinstance(work, Work) else 1  # an empty text makes no row
        return waiting, None

    def _begun(self, item: Any) -> Work | Exception:
        """An input cut and encoded, or the error that it or its encoding raised."""
        if isinstance(item, Exception):
            return item
        try:
            return self.stages.encode(item)
        except Exception as error:
            return error

    def _finished(self, waiting: Sequence[Work | Exception]) -> Iterator[Any]:
        """An answer, or the error in its place, for each of what waits; only what was answered counts as read."""
        answers = iter(self._answered([work for work in waiting if isinstance(work, Work)]))
        for work in waiting:
            outcome = self._last(work, next(answers)) if isinstance(work, Work) else work
            self.reading.failed += isinstance(outcome, Exception)
            yield outcome

    def _last(self, work: Work, outcome: Any) -> Any:
        if isinstance(outcome, Exception):
            return outcome
        try:
            return self.finish(work.item, outcome)
        except Exception as error:
            self.reading.inputs -= 1
            return error

    def _answered(self, works: Sequence[Work]) -> list[Any]:
        """An answer for each, all together; where that fails, each by itself, to find the one that is at fault."""
        try:
            counts = Reading()
            answers = self._answers(works, counts)
        except Exception as error:
            return [error] if len(works) == 1 else [self._answered([work])[0] for work in works]
        self.reading.add(counts)
        return answers

    def _answers(self, works: Sequence[Work], reading: Reading) -> list[Any]:
        stages = self.stages
        windows = iter(self._predicted([row for work in works for row in work.rows], reading))
        answers = []
        for work in works:
            reading.inputs += 1
            if work.places is not None and len(work.places) > 1:
                reading.windowed += 1
                reading.windows += len(work.places)
            answers.append(stages.merge(work, [next(windows) for _ in work.rows]))
        if stages.second_look != "off":
            read_again(works, answers, stages, partial(self._predicted, reading=reading), reading)
        for answer in answers:
            refuse_odd_scores(answer)
        return answers

    def _predicted(self, rows: Sequence[Row], reading: Reading) -> list[Any]:
        answers = self.stages.predict_rows(rows) if rows else []
        reading.add_rows(rows, answers)
        return answers

"""What a task wants read once more of texts that were read in windows, see `Again`: all of it together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spanloom.core import Example, Row
from spanloom.predict.outcomes import CHUNK, Work
from spanloom.predict.reading import Reading
from spanloom.predict.stages import Stages


def read_again(
    works: Sequence[Work],
    answers: list[Any],
    stages: Stages,
    predict: Callable[[Sequence[Row]], list[Any]],
    reading: Reading,
) -> None:
    """Settle the answers for works that were read in several windows, in place.

    predict: `stages.predict_rows`, with what it read counted.
    """
    revisit, codec, everywhere = stages.task.revisit, stages.codec, stages.second_look == "all"
    if revisit is None:
        return
    again = {
        number: revisit(work.item, answers[number], work.places, codec, everywhere)
        for number, work in enumerate(works)
        if work.places is not None and len(work.places) > 1
    }
    items = [item for one in again.values() for item in one.items]
    found: list[Any] = []
    for start in range(0, len(items), CHUNK):
        found += predict([codec.encode(Example(item)) for item in items[start : start + CHUNK]])
    taken = iter(found)
    for number, one in again.items():
        answers[number], gained = one.settle([next(taken) for _ in one.items])
        reading.add_again({**one.counts, "found": gained}, one.say)

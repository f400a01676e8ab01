"""Scorecards of examples that come from several data sets, each of which judges what it annotates and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spanloom.contracts import Codec, Scorecard, Task
from spanloom.core import Example
from spanloom.read.parts.sources import judged

MEAN = "mean"


def score(task: Task, examples: Sequence[Example], answers: Sequence[Any], codec: Codec) -> Scorecard:
    """The scorecard of `Task.score`; of several sources that of all of them, and under "sources" that of each by name.

    An answer is scored without the facts that its source does not annotate.
    """
    if not any(example.covered for example in examples):
        return task.score(examples, answers, codec)
    kept = [judged(answer, example) for answer, example in zip(answers, examples, strict=True)]
    members: dict[str, list[int]] = {}
    for number, example in enumerate(examples):
        if example.covered is not None:
            members.setdefault(example.covered.source, []).append(number)
    sources = {
        name: task.score([examples[number] for number in numbers], [kept[number] for number in numbers], codec)
        for name, numbers in members.items()
    }
    return {**task.score(examples, kept, codec), "sources": sources}


def best(task: Task, scorecard: Mapping[str, Any], choice: str = MEAN) -> float:
    """The number by which the best model is chosen: `Task.best`, of several sources the mean over them, or of one."""
    each = scores_by_source(task, scorecard)
    if not each:
        return float(task.best(scorecard))
    return sum(each.values()) / len(each) if choice == MEAN else each[choice]


def scores_by_source(task: Task, scorecard: Mapping[str, Any]) -> dict[str, float]:
    """`Task.best` of each source; empty where there is but one."""
    return {name: float(task.best(card)) for name, card in scorecard.get("sources", {}).items()}

"""How a text goes on, by a run or a bundle whose task can tell."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from spanloom.config.ranges import out_of_range, shown
from spanloom.contracts import Continuation
from spanloom.decode.sampling import Sampling
from spanloom.errors import ConfigError
from spanloom.predict.predictor import Predictor
from spanloom.tasks import find_task, task_names


def generate(predictor: Predictor[Any], prefix: str, sampling: Sampling) -> Continuation:
    """The prefix as the model reads it, then what it goes on with, piece by piece as it is written.

    Raises ConfigError for a model of a task that cannot, naming those that can, and for settings out of range.
    """
    task = predictor.task
    if task.generate is None:
        writers = [name for name in task_names() if find_task(name).generate is not None]
        found, remedy = f"is a model for the task '{task.name}'", f"Train one with task = '{writers[0]}'."
        raise ConfigError(str(predictor.source), found, f"one that writes, for {' or '.join(writers)}", remedy)
    _check(sampling)
    _check_prefix(prefix)
    return task.generate(predictor.codec, predictor.backend, prefix, sampling)


def _check(sampling: Sampling) -> None:
    for item in fields(sampling):
        option, value = f"--{item.name.replace('_', '-')}", getattr(sampling, item.name)
        if (expected := out_of_range(Sampling, item.name, value)) is not None:
            raise ConfigError(option, f"is {shown(value)}", expected, f"Give {option} {item.default}, say.")


def _check_prefix(prefix: str) -> None:
    if not isinstance(prefix, str):
        raise ConfigError("--prefix", f"is {shown(prefix)}", "a text", "Give a string.")
    try:
        prefix.encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"holds no character at place {error.start + 1}, but half of one or a byte that is no UTF-8"
        raise ConfigError("--prefix", found, "a text", "Leave that out, or give it as UTF-8.") from None

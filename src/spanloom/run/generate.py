"""Text that a language model writes, from a run or a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any

import numpy as np

from spanloom.answers.surprisal import Surprisal
from spanloom.config.ranges import PartAboveZero, Range, Seed, out_of_range, shown
from spanloom.core import Array, Text
from spanloom.decode.sampling import beam_search, chances, draw
from spanloom.errors import ConfigError
from spanloom.predict.predictor import Predictor
from spanloom.text.units import BEGIN
from spanloom.text.vocab import UNKNOWN
from spanloom.text.words import tokenize


@dataclass(frozen=True)
class Sampling:
    """length: units to write. temperature, top_p: see `decode.sampling.chances`. seed: of what is drawn. beams: 0
    draws; else the likeliest continuation is looked for, among so many at a time.
    """

    length: Annotated[int, Range(1, 100_000)] = 200
    temperature: Annotated[float, Range(1e-9, 1e9)] = 1.0
    top_p: PartAboveZero = 1.0
    seed: Seed = 0
    beams: Annotated[int, Range(0, 1000)] = 0


def generate(predictor: Predictor[Any], prefix: str, sampling: Sampling) -> Iterator[str]:
    """The prefix as the model reads it, then what it goes on with, piece by piece as it is written.

    Raises ConfigError for a model that is no language model, and for settings out of range.
    """
    _check(predictor, sampling)
    _check_prefix(prefix)
    units = predictor.codec.units  # type: ignore[attr-defined]
    written = units.numbers(units.reader.read(Text(prefix, tokenize(prefix))).names).tolist()
    shown = units.join(written)
    yield shown
    state = np.zeros((1, predictor.codec.state), np.float32)  # type: ignore[attr-defined]
    logits, state = _step(predictor, np.array([[BEGIN, *written]]), state)
    write = _likeliest if sampling.beams else _drawn
    for unit in write(predictor, logits, state, sampling):
        written.append(unit)
        text = units.join(written)
        yield text[len(shown) :]
        shown = text


def unknown_units(predictor: Predictor[Any], prefix: str) -> list[str]:
    """The units of a prefix that training never had: each is read as the unknown unit, and is not shown again.

    Raises ConfigError as `generate` does.
    """
    _check(predictor, Sampling())
    _check_prefix(prefix)
    units = predictor.codec.units  # type: ignore[attr-defined]
    names = units.reader.read(Text(prefix, tokenize(prefix))).names
    return list(dict.fromkeys(name for name in names if units.number(name) == UNKNOWN))


def _drawn(predictor: Predictor[Any], logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    generator = np.random.default_rng(sampling.seed)
    for _ in range(sampling.length):
        unit = draw(chances(logits[0], sampling.temperature, sampling.top_p), generator)
        yield unit
        logits, state = _step(predictor, np.array([[unit]]), state)


def _likeliest(predictor: Predictor[Any], logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    def step(units: Array, states: Array) -> tuple[Array, Array]:
        return _step(predictor, units[:, None], states)

    yield from beam_search(logits[0], state[0], step, sampling.beams, sampling.length)[0]


def _step(predictor: Predictor[Any], tokens: Array, state: Array) -> tuple[Array, Array]:
    """tokens [K, T], state [K, S] -> logits [K, V] of what comes next, units alone, and the state behind the tokens."""
    tokens = tokens.astype(np.int64)
    lengths = np.full(len(tokens), tokens.shape[1], dtype=np.int64)
    inputs: dict[str, Any] = {"tokens": tokens, "following": np.zeros_like(tokens), "lengths": lengths, "state": state}
    found = predictor.backend.forward(inputs)
    logits = found["next"].copy()
    logits[:, : UNKNOWN + 1] = -np.inf
    return logits, found["state"]


def _check(predictor: Predictor[Any], sampling: Sampling) -> None:
    if predictor.task.answer is not Surprisal:
        found = f"is a model for the task '{predictor.task.name}'"
        raise ConfigError(str(predictor.source), found, "a language model", "Train one with task = 'language_model'.")
    if predictor.codec.direction == "backward":  # type: ignore[attr-defined]
        remedy = "Train one with model.direction = 'forward'."
        raise ConfigError(str(predictor.source), "reads texts from their end", "a model that reads forward", remedy)
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

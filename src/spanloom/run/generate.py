"""Text that a language model writes, from a run or a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from spanloom.core import Array, Surprisal, Text
from spanloom.decode.sampling import beam_search, chances, draw
from spanloom.errors import ConfigError
from spanloom.run.predictor import Predictor
from spanloom.text.units import BEGIN
from spanloom.text.vocab import UNKNOWN
from spanloom.text.words import tokenize


@dataclass(frozen=True)
class Sampling:
    """length: units to write. temperature, top_p: see `decode.sampling.chances`. seed: of what is drawn. beams: 0
    draws; else the likeliest continuation is looked for, among so many at a time.
    """

    length: int = 200
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    beams: int = 0


def generate(predictor: Predictor, prefix: str, sampling: Sampling) -> Iterator[str]:
    """The prefix as the model reads it, then what it goes on with, piece by piece as it is written.

    Raises ConfigError for a model that is no language model, and for settings out of range.
    """
    _check(predictor, sampling)
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


def _drawn(predictor: Predictor, logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    generator = np.random.default_rng(sampling.seed)
    for _ in range(sampling.length):
        unit = draw(chances(logits[0], sampling.temperature, sampling.top_p), generator)
        yield unit
        logits, state = _step(predictor, np.array([[unit]]), state)


def _likeliest(predictor: Predictor, logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    def step(units: Array, states: Array) -> tuple[Array, Array]:
        return _step(predictor, units[:, None], states)

    yield from beam_search(logits[0], state[0], step, sampling.beams, sampling.length)[0]


def _step(predictor: Predictor, tokens: Array, state: Array) -> tuple[Array, Array]:
    """tokens [K, T], state [K, S] -> logits [K, V] of what comes next, units alone, and the state behind the tokens."""
    tokens = tokens.astype(np.int64)
    lengths = np.full(len(tokens), tokens.shape[1], dtype=np.int64)
    inputs: dict[str, Any] = {"tokens": tokens, "following": np.zeros_like(tokens), "lengths": lengths, "state": state}
    assert predictor.compute is not None, "whatever `load` makes has it"
    found = predictor.compute(inputs)
    logits = found["next"].copy()
    logits[:, : UNKNOWN + 1] = -np.inf
    return logits, found["state"]


def _check(predictor: Predictor, sampling: Sampling) -> None:
    if predictor.task.answer is not Surprisal:
        found = f"is a model for the task '{predictor.task.name}'"
        raise ConfigError(str(predictor.source), found, "a language model", "Train one with task = 'language_model'.")
    if predictor.codec.direction == "backward":  # type: ignore[attr-defined]
        remedy = "Train one with model.direction = 'forward'."
        raise ConfigError(str(predictor.source), "reads texts from their end", "a model that reads forward", remedy)
    if sampling.length < 1:
        raise ConfigError("--length", f"is {sampling.length}", "1 or more", "Change it.")
    if not sampling.temperature > 0:
        raise ConfigError("--temperature", f"is {sampling.temperature:g}", "above 0", "Give 0.7, say.")
    if not 0 < sampling.top_p <= 1:
        raise ConfigError("--top-p", f"is {sampling.top_p:g}", "above 0 and at most 1", "Change it.")
    if sampling.beams < 0:
        raise ConfigError("--beams", f"is {sampling.beams}", "0 to draw, or 1 or more", "Change it.")

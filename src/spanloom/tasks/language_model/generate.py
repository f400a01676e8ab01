"""Text that a language model writes. K hypotheses, T units, S numbers of a state, V known units. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spanloom.contracts import Backend, Continuation
from spanloom.core import Array
from spanloom.decode.sampling import Sampling, beam_search, chances, draw_unit
from spanloom.errors import ConfigError
from spanloom.inputs import Text
from spanloom.tasks.language_model.codec import LanguageModelCodec
from spanloom.text.units import BEGIN
from spanloom.text.vocab import UNKNOWN
from spanloom.text.words import tokenize


def generate(codec: LanguageModelCodec, backend: Backend, prefix: str, sampling: Sampling) -> Continuation:
    """How a text goes on, unit by unit. Raises ConfigError for a model that reads texts from their end."""
    if codec.direction == "backward":
        remedy = "Train one with model.direction = 'forward'."
        raise ConfigError("the model", "reads texts from their end", "a model that reads forward", remedy)
    names = codec.units.reader.read(Text(prefix, tokenize(prefix))).names
    unknown = list(dict.fromkeys(name for name in names if codec.units.number(name) == UNKNOWN))
    return Continuation(_pieces(codec, backend, codec.units.numbers(names).tolist(), sampling), unknown)


def _pieces(codec: LanguageModelCodec, backend: Backend, written: list[int], sampling: Sampling) -> Iterator[str]:
    shown = codec.units.join(written)
    yield shown
    state = np.zeros((1, codec.state), np.float32)
    logits, state = _step(backend, np.array([[BEGIN, *written]]), state)
    write = _likeliest if sampling.beams else _drawn
    for unit in write(backend, logits, state, sampling):
        written.append(unit)
        text = codec.units.join(written)
        yield text[len(shown) :]
        shown = text


def _drawn(backend: Backend, logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    generator = np.random.default_rng(sampling.seed)
    for _ in range(sampling.length):
        unit = draw_unit(chances(logits[0], sampling.temperature, sampling.top_p), generator)
        yield unit
        logits, state = _step(backend, np.array([[unit]]), state)


def _likeliest(backend: Backend, logits: Array, state: Array, sampling: Sampling) -> Iterator[int]:
    def step(units: Array, states: Array) -> tuple[Array, Array]:
        return _step(backend, units[:, None], states)

    yield from beam_search(logits[0], state[0], step, sampling.beams, sampling.length)[0]


def _step(backend: Backend, tokens: Array, state: Array) -> tuple[Array, Array]:
    """tokens [K, T], state [K, S] -> logits [K, V] of what comes next, units alone, and the state behind the tokens."""
    tokens = tokens.astype(np.int64)
    lengths = np.full(len(tokens), tokens.shape[1], dtype=np.int64)
    inputs: dict[str, Any] = {"tokens": tokens, "following": np.zeros_like(tokens), "lengths": lengths, "state": state}
    found = backend.forward(inputs)
    logits = found["next"].copy()
    logits[:, : UNKNOWN + 1] = -np.inf
    return logits, found["state"]

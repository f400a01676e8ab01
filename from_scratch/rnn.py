"""A recurrent network in NumPy, for reading: it learns to write by guessing the next character of a text.

At each step the network looks at one character and at its own state, and makes a new state of the two:

    state[t] = tanh(one_hot(character[t]) @ input + state[t-1] @ recurrent + bias)
    logits[t] = state[t] @ output + output_bias

The same weights serve every step, so that what is learned at one place holds everywhere, and the state carries what was
read before. To learn, the slopes walk the same way back: from the last step to the first, each state passing on the
blame that it got (back-propagation through time, Rumelhart et al. 1986, Werbos 1990).

    python -m from_scratch.rnn TEXT

trains on a text file, prints perplexities, and writes `rnn-sample.txt` and `rnn-curves.svg`.

T steps, B texts side by side, V characters, H units.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from from_scratch.characters import run

Array = np.ndarray[Any, Any]


class Weights(NamedTuple):
    """All that is learned. Their slopes have the same shapes, so they are kept in the same type."""

    input: Array  # [V, H]
    recurrent: Array  # [H, H]
    bias: Array  # [H]
    output: Array  # [H, V]
    output_bias: Array  # [V]


def initial(hidden: int, characters: int, seed: int) -> Weights:
    """Random weights in float32, none beyond 1 / sqrt(H), so that states are neither drowned nor driven to +-1."""
    bound = 1.0 / np.sqrt(hidden)
    shapes = (characters, hidden), (hidden, hidden), (hidden,), (hidden, characters), (characters,)
    generator = np.random.default_rng(seed)
    return Weights(*(generator.uniform(-bound, bound, size=shape).astype(np.float32) for shape in shapes))


def start(weights: Weights, batch: int) -> Array:
    """The state [B, H] before any text: nothing read, nothing remembered."""
    return np.zeros((batch, len(weights.bias)), weights.bias.dtype)


def forward(weights: Weights, inputs: Array, state: Array) -> tuple[Array, Array, Array]:
    """Logits [T, B, V], the last state [B, H], and all states [T + 1, B, H], the one before the text first."""
    states = np.empty((len(inputs) + 1, *state.shape), state.dtype)  # [T + 1, B, H]
    states[0] = state
    # A one-hot vector times a matrix picks one row of it, so the rows are picked, and nothing is multiplied.
    read = weights.input[inputs] + weights.bias  # [T, B, H]
    for time in range(len(inputs)):
        states[time + 1] = np.tanh(read[time] + states[time] @ weights.recurrent)
    return states[1:] @ weights.output + weights.output_bias, states[-1], states


def backward(weights: Weights, inputs: Array, states: Array, by_logits: Array) -> Weights:
    """The slopes by all weights, from the slopes by the logits [T, B, V]. The state before the text is a constant."""
    steps = len(inputs)
    by_states = by_logits @ weights.output.T  # [T, B, H]: what each state is to blame for by its own logits
    by_sums = np.empty_like(by_states)  # [T, B, H]: by what tanh was given
    later = np.zeros_like(by_states[0])  # [B, H]: and what the steps after it pass back
    for time in range(steps - 1, -1, -1):
        by_sums[time] = (by_states[time] + later) * (1.0 - states[time + 1] ** 2)  # tanh' is 1 - tanh squared
        later = by_sums[time] @ weights.recurrent.T
    # A weight is used at each step, so its slope is the sum over all of them: one product over T * B rows.
    flat = by_sums.reshape(-1, by_sums.shape[-1])  # [T * B, H]
    by_input = np.zeros_like(weights.input)
    np.add.at(by_input, inputs.ravel(), flat)  # a character may come more than once
    return Weights(
        input=by_input,
        recurrent=states[:-1].reshape(flat.shape).T @ flat,
        bias=flat.sum(axis=0),
        output=states[1:].reshape(flat.shape).T @ by_logits.reshape(len(flat), -1),
        output_bias=by_logits.sum(axis=(0, 1)),
    )


if __name__ == "__main__":
    run(sys.modules[__name__], "rnn")

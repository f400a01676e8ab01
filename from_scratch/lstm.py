"""An LSTM in NumPy, for reading: a recurrent network that can keep something for a hundred steps.

In `rnn.py` a slope that walks back is multiplied by the recurrent weights and by tanh' at EVERY step. A hundred factors
below 1 leave nothing of it: the network cannot learn that what it read long ago mattered. The LSTM (Hochreiter and
Schmidhuber 1997; with the forget gate of Gers et al. 2000) keeps a second state, the cell, which is never multiplied by
a matrix. Four small networks look at the character and the state, and decide what becomes of it:

    forget = sigmoid(...)    how much of the old cell stays              in 0..1, for each unit by itself
    enter  = sigmoid(...)    how much of the candidate goes in
    candidate = tanh(...)    what could be noted down
    show   = sigmoid(...)    how much of the cell the others get to see

    cell[t]  = forget * cell[t-1] + enter * candidate
    state[t] = show * tanh(cell[t])

Walking back along the cell, a slope is multiplied by `forget` alone. While that gate is open, near 1, the slope arrives
as it set out: this is the whole trick. The bias of the forget gate begins at 1, so that it is open at first (Jozefowicz
et al. 2015).

    python -m from_scratch.lstm TEXT

trains on a text file, prints perplexities, and writes `lstm-sample.txt` and `lstm-curves.svg`.

T steps, B texts side by side, V characters, H units; the four gates stand beside each other in 4 * H columns.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from from_scratch.characters import run

Array = np.ndarray[Any, Any]


class Weights(NamedTuple):
    """All that is learned. Columns of the first three: forget, enter, show, candidate."""

    input: Array  # [V, 4H]
    recurrent: Array  # [H, 4H]
    bias: Array  # [4H]
    output: Array  # [H, V]
    output_bias: Array  # [V]


class State(NamedTuple):
    """What is carried from one character to the next."""

    state: Array  # [B, H]
    cell: Array  # [B, H]


class Notes(NamedTuple):
    """What `backward` needs to know of a pass."""

    states: Array  # [T + 1, B, H], the one before the text first
    cells: Array  # [T + 1, B, H]
    gates: Array  # [T, B, 4H], after sigmoid and tanh


def initial(hidden: int, characters: int, seed: int) -> Weights:
    """Random weights in float32, none beyond 1 / sqrt(H); the forget gate begins open."""
    bound = 1.0 / np.sqrt(hidden)
    shapes = (characters, 4 * hidden), (hidden, 4 * hidden), (4 * hidden,), (hidden, characters), (characters,)
    generator = np.random.default_rng(seed)
    weights = Weights(*(generator.uniform(-bound, bound, size=shape).astype(np.float32) for shape in shapes))
    weights.bias[:hidden] = 1.0
    return weights


def start(weights: Weights, batch: int) -> State:
    """The state before any text: nothing read, nothing remembered."""
    empty = np.zeros((batch, len(weights.recurrent)), weights.bias.dtype)
    return State(empty, empty)


def sigmoid(sums: Array) -> Array:
    """1 / (1 + exp(-sums)), by way of tanh, which cannot overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * sums))


def forward(weights: Weights, inputs: Array, state: State) -> tuple[Array, State, Notes]:
    """Logits [T, B, V], the last state, and what `backward` needs."""
    steps, (batch, hidden) = len(inputs), state.cell.shape
    states = np.empty((steps + 1, batch, hidden), state.cell.dtype)
    cells = np.empty_like(states)
    gates = np.empty((steps, batch, 4 * hidden), state.cell.dtype)
    states[0], cells[0] = state
    read = weights.input[inputs] + weights.bias  # [T, B, 4H]: a one-hot vector times a matrix picks one row of it
    for time in range(steps):
        sums = read[time] + states[time] @ weights.recurrent  # [B, 4H]
        gates[time, :, : 3 * hidden] = sigmoid(sums[:, : 3 * hidden])
        gates[time, :, 3 * hidden :] = np.tanh(sums[:, 3 * hidden :])
        forget, enter, show, candidate = np.split(gates[time], 4, axis=1)  # each [B, H]
        cells[time + 1] = forget * cells[time] + enter * candidate
        states[time + 1] = show * np.tanh(cells[time + 1])
    logits = states[1:] @ weights.output + weights.output_bias  # [T, B, V]
    return logits, State(states[-1], cells[-1]), Notes(states, cells, gates)


def backward(weights: Weights, inputs: Array, notes: Notes, by_logits: Array) -> Weights:
    """The slopes by all weights, from the slopes by the logits [T, B, V]. The state before the text is a constant."""
    states, cells, gates = notes
    hidden = states.shape[-1]
    by_states = by_logits @ weights.output.T  # [T, B, H]: what each state is to blame for by its own logits
    by_sums = np.empty_like(gates)  # [T, B, 4H]: by what sigmoid and tanh were given
    by_cell = np.zeros_like(states[0])  # [B, H]: what later steps pass back along the cell
    later = np.zeros_like(states[0])  # [B, H]: and along the state
    for time in range(len(inputs) - 1, -1, -1):
        forget, enter, show, candidate = np.split(gates[time], 4, axis=1)
        seen = np.tanh(cells[time + 1])  # [B, H]
        by_state = by_states[time] + later
        by_cell += by_state * show * (1.0 - seen**2)
        by_gates = np.concatenate(
            [by_cell * cells[time], by_cell * candidate, by_state * seen, by_cell * enter], axis=1
        )  # [B, 4H]
        by_sums[time, :, : 3 * hidden] = by_gates[:, : 3 * hidden] * (
            gates[time, :, : 3 * hidden] * (1.0 - gates[time, :, : 3 * hidden])  # sigmoid' is sigmoid (1 - sigmoid)
        )
        by_sums[time, :, 3 * hidden :] = by_gates[:, 3 * hidden :] * (1.0 - candidate**2)
        later = by_sums[time] @ weights.recurrent.T
        by_cell = by_cell * forget  # no matrix, no tanh': here is where the slope survives
    flat = by_sums.reshape(-1, 4 * hidden)  # [T * B, 4H]
    by_input = np.zeros_like(weights.input)
    np.add.at(by_input, inputs.ravel(), flat)  # a character may come more than once
    return Weights(
        input=by_input,
        recurrent=states[:-1].reshape(len(flat), hidden).T @ flat,
        bias=flat.sum(axis=0),
        output=states[1:].reshape(len(flat), hidden).T @ by_logits.reshape(len(flat), -1),
        output_bias=by_logits.sum(axis=(0, 1)),
    )


if __name__ == "__main__":
    run(sys.modules[__name__], "lstm")

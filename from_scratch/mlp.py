"""A neural network in NumPy, for reading: two numbers go in, five hidden units look at them, their sum comes out.

Nobody tells the network what adding is. It sees pairs of numbers and their sums, and after each few of them every
weight moves a little against its slope: the direction in which the mistake would grow. All there is to learn about
deep learning is in here once; the rest is more layers, and ways to go faster.

    python -m from_scratch.mlp

trains it, prints the mistake as it shrinks, and adds some numbers that it never saw.

B examples at a time, 2 inputs, H = 5 hidden units, 1 output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Weights(NamedTuple):
    """All that is learned. Their slopes have the same shapes, so they are kept in the same type."""

    hidden: Array  # [2, H]
    hidden_bias: Array  # [H]
    output: Array  # [H, 1]
    output_bias: Array  # [1]


def initial(hidden: int, seed: int) -> Weights:
    """Small random weights, smaller the more of them are summed up, so that no unit begins where tanh is flat."""
    draw = np.random.default_rng(seed).normal
    return Weights(
        draw(size=(2, hidden)) / np.sqrt(2.0), np.zeros(hidden), draw(size=(hidden, 1)) / np.sqrt(hidden), np.zeros(1)
    )


def forward(weights: Weights, inputs: Array) -> tuple[Array, Array]:
    """What the hidden units say, [B, H], and what the network answers, [B, 1], to inputs [B, 2]."""
    hidden = np.tanh(inputs @ weights.hidden + weights.hidden_bias)  # [B, H]
    return hidden, hidden @ weights.output + weights.output_bias  # [B, 1]


def loss(weights: Weights, inputs: Array, targets: Array) -> float:
    """The mean squared mistake over a batch; targets [B, 1]."""
    _, answers = forward(weights, inputs)
    return float(np.mean((answers - targets) ** 2))


def gradients(weights: Weights, inputs: Array, targets: Array) -> Weights:
    """The slope of the loss by each weight: the chain rule, from the answer back to the inputs.

    Each line takes the slope by what a line of `forward` gives, and turns it into the slope by what that line was
    given.
    """
    hidden, answers = forward(weights, inputs)
    by_answers = 2.0 * (answers - targets) / len(inputs)  # [B, 1], of the mean of squares
    by_hidden = by_answers @ weights.output.T  # [B, H]: each unit is to blame as far as it was listened to
    by_sums = by_hidden * (1.0 - hidden**2)  # [B, H]: tanh' is 1 - tanh squared
    return Weights(
        hidden=inputs.T @ by_sums,  # [2, H]: summed over the batch
        hidden_bias=by_sums.sum(axis=0),  # [H]
        output=hidden.T @ by_answers,  # [H, 1]
        output_bias=by_answers.sum(axis=0),  # [1]
    )


def step(weights: Weights, inputs: Array, targets: Array, rate: float) -> None:
    """One update of stochastic gradient descent, in place: every weight a little downhill."""
    for weight, slope in zip(weights, gradients(weights, inputs, targets), strict=True):
        weight -= rate * slope


def train(
    weights: Weights, inputs: Array, targets: Array, epochs: int, batch: int, rate: float, seed: int
) -> Iterator[float]:
    """Pass after pass over the examples, in a new order each time; yields the loss after each pass."""
    generator = np.random.default_rng(seed)
    for _ in range(epochs):
        order = generator.permutation(len(inputs))
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            step(weights, inputs[chosen], targets[chosen], rate)
        yield loss(weights, inputs, targets)


def main() -> None:
    generator = np.random.default_rng(0)
    inputs = generator.uniform(-1.0, 1.0, size=(200, 2))
    targets = inputs.sum(axis=1, keepdims=True)
    weights = initial(hidden=5, seed=0)
    print(f"before    mean squared mistake {loss(weights, inputs, targets):.6f}")
    for epoch, mistake in enumerate(train(weights, inputs, targets, epochs=200, batch=10, rate=0.1, seed=1), start=1):
        if epoch in (1, 10, 50, 200):
            print(f"epoch {epoch:3} mean squared mistake {mistake:.6f}")
    for pair in ((0.25, 0.5), (-0.7, 0.1), (0.9, -0.9)):
        _, answer = forward(weights, np.array([pair]))
        print(f"{pair[0]:+.2f} and {pair[1]:+.2f} make {answer.item():+.3f}; it should be {sum(pair):+.2f}")


if __name__ == "__main__":
    main()

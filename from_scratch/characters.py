"""What the two language models here share: a text as numbers, a loss, a step, a training, a sample. NumPy alone.

A language model reads characters one by one and says, before each, how likely every character is to come next. It is
judged by its perplexity, exp(mean of -log p(what really came)): 27 for one that guesses blindly among the 26 letters
and the space, 1 for one that is always sure and always right.

B texts side by side, T characters each, V characters in the alphabet.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from from_scratch.curves import draw_curves

Array = np.ndarray[Any, Any]
Weights = Sequence[Array]

ALPHABET = " abcdefghijklmnopqrstuvwxyz"


class Model(Protocol):
    """What `from_scratch.rnn` and `from_scratch.lstm` are: three functions over a tuple of weights."""

    __name__: str

    def initial(self, hidden: int, characters: int, seed: int) -> Any:
        """Random weights."""

    def start(self, weights: Any, batch: int) -> Any:
        """The state before any text."""

    def forward(self, weights: Any, inputs: Array, state: Any) -> tuple[Array, Any, Any]:
        """Logits [T, B, V] for what follows each of the inputs [T, B], the state after them, notes for `backward`."""

    def backward(self, weights: Any, inputs: Array, notes: Any, by_logits: Array) -> Any:
        """The slopes by the weights, from the slopes by the logits [T, B, V]."""


def numbers_of(text: str) -> Array:
    """A text as numbers of ALPHABET: lower case, and whatever is no letter a-z a space, never two in a row."""
    plain = re.sub("[^a-z]+", " ", text.lower())
    return np.array([ALPHABET.index(character) for character in plain], dtype=np.int64)


class Part(NamedTuple):
    """A stretch of all texts: what is read, and what comes one place later. Both [T, B]."""

    inputs: Array
    targets: Array


def parts(numbers: Array, batch: int, steps: int) -> Iterator[Part]:
    """The whole text once, in order: cut into `batch` long stripes that are read side by side, `steps` at a time.

    The state at the end of one part is the state at the beginning of the next, as every stripe goes on where it was.
    """
    length = (len(numbers) - 1) // batch
    inputs = numbers[: batch * length].reshape(batch, length).T  # [length, B]
    targets = numbers[1 : batch * length + 1].reshape(batch, length).T
    for first in range(0, length, steps):
        yield Part(inputs[first : first + steps], targets[first : first + steps])


def cross_entropy(logits: Array, targets: Array) -> tuple[float, Array]:
    """The mean of -log p(target), and its slope by the logits [T, B, V]: what was said minus what should have been."""
    logits = logits - logits.max(axis=-1, keepdims=True)  # exp cannot overflow, and the probabilities are the same
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    place = (*np.indices(targets.shape, sparse=True), targets)  # of each target among the logits
    loss = -float(np.log(np.maximum(probabilities[place], np.finfo(logits.dtype).tiny)).mean())
    probabilities[place] -= 1.0
    return loss, probabilities / targets.size


def clip(slopes: Weights, most: float) -> float:
    """Shorten all slopes together, in place, to `most` if they are longer (Pascanu et al. 2013); how long they were.

    A gradient that went back through many steps may be huge: its direction is still good, its length is not.
    """
    norm = float(np.sqrt(sum(float(np.vdot(slope, slope)) for slope in slopes)))
    if norm > most:
        for slope in slopes:
            slope *= most / norm
    return norm


class Epoch(NamedTuple):
    """One pass: the perplexity while learning, that of the held-out text, and the gradient's mean length."""

    perplexity: float
    held_out: float
    norm: float


def train(
    model: Model, weights: Any, text: Array, held_out: Array, epochs: int, batch: int, steps: int, rate: float
) -> Iterator[Epoch]:
    """Plain gradient descent on every part of the text, epoch after epoch; the weights change in place.

    Slopes go back through `steps` characters and no farther, while the state goes on: truncated back-propagation
    through time (Williams and Peng 1990).
    """
    for _ in range(epochs):
        state = model.start(weights, batch)
        losses, sizes, norms = [], [], []
        for inputs, targets in parts(text, batch, steps):
            logits, state, notes = model.forward(weights, inputs, state)
            loss, by_logits = cross_entropy(logits, targets)
            slopes = model.backward(weights, inputs, notes, by_logits)
            norms.append(clip(slopes, 1.0))
            for weight, slope in zip(weights, slopes, strict=True):
                weight -= rate * slope
            losses.append(loss)
            sizes.append(targets.size)
        mean = float(np.average(losses, weights=sizes))
        yield Epoch(float(np.exp(mean)), perplexity(model, weights, held_out), float(np.mean(norms)))


def perplexity(model: Model, weights: Any, text: Array) -> float:
    """How many characters the model wavers between, so to speak, at each place of a text."""
    logits, _, _ = model.forward(weights, text[:-1, None], model.start(weights, 1))
    return float(np.exp(cross_entropy(logits, text[1:, None])[0]))


def sample(model: Model, weights: Any, prefix: str, length: int, temperature: float, seed: int) -> str:
    """The prefix and what the model goes on with: each character drawn by its probability.

    Below temperature 1 the likely becomes likelier still, and the text safer and duller; above, bolder and more wrong.
    """
    generator = np.random.default_rng(seed)
    numbers = list(numbers_of(prefix))
    unread, state = numbers, model.start(weights, 1)
    for _ in range(length):
        logits, state, _ = model.forward(weights, np.array(unread)[:, None], state)
        scores = logits[-1, 0].astype(np.float64) / temperature
        chances = np.exp(scores - scores.max())
        unread = [int(generator.choice(len(ALPHABET), p=chances / chances.sum()))]
        numbers += unread
    return "".join(ALPHABET[number] for number in numbers)


def run(model: Model, name: str, arguments: Sequence[str] | None = None) -> None:
    """What `python -m from_scratch.rnn TEXT` and `python -m from_scratch.lstm TEXT` do."""
    parser = argparse.ArgumentParser(prog=f"python -m from_scratch.{name}", description="Learn to write like a text.")
    parser.add_argument("text", type=Path, help="a plain text file; its last tenth is held out")
    parser.add_argument("--characters", type=int, default=100_000, help="read no more than so many; %(default)s")
    parser.add_argument("--hidden", type=int, default=128, help="units; %(default)s")
    parser.add_argument("--epochs", type=int, default=10, help="passes over the text; %(default)s")
    parser.add_argument("--rate", type=float, default=1.0, help="of learning; %(default)s")
    parser.add_argument("--prefix", default="the ", help="what the sample begins with")
    parser.add_argument("--output", type=Path, default=Path(), help="a folder for the sample and the plot")
    options = parser.parse_args(arguments)
    try:
        numbers = numbers_of(options.text.read_text(encoding="utf-8"))[: options.characters]
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(_complain(f"{options.text}: {error}. Name a text file in UTF-8."))
    if len(numbers) < 2000:
        sys.exit(_complain(f"{options.text}: {len(numbers)} characters are too few to learn from. Give 2,000 or more."))
    cut = len(numbers) * 9 // 10
    weights = model.initial(options.hidden, len(ALPHABET), seed=0)
    epochs = []
    settings = {"epochs": options.epochs, "batch": 32, "steps": 35, "rate": options.rate}
    for epoch in train(model, weights, numbers[:cut], numbers[cut:], **settings):
        epochs.append(epoch)
        print(
            f"epoch {len(epochs):3}  perplexity {epoch.perplexity:6.2f}  held out {epoch.held_out:6.2f}  "
            f"gradient {epoch.norm:.2f}",
            flush=True,
        )
    written = sample(model, weights, options.prefix, 300, 0.7, seed=0)
    print(f"\n{written}")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / f"{name}-sample.txt").write_text(written + "\n", encoding="utf-8")
    curves = {"perplexity": [e.perplexity for e in epochs], "held out": [e.held_out for e in epochs]}
    drawing = draw_curves({"Perplexity": curves, "Gradient norm": {"before clipping": [e.norm for e in epochs]}})
    (options.output / f"{name}-curves.svg").write_text(drawing, encoding="utf-8")


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2

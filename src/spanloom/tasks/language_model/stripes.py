"""The training text cut anew, into stretches of as many units as a gradient goes back through. NumPy only.

In sequence (train.sampler = "sequential") all texts are one stream, which is cut into `batch_size` stripes that are
read side by side, each batch going on with the state of the one before it: truncated back-propagation through time
(Williams and Peng 1990, https://doi.org/10.1162/neco.1990.2.4.490). With any other sampler each text is cut by itself,
and every stretch begins without a state.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spanloom.config import RunConfig
from spanloom.core import Array, Example, Row
from spanloom.errors import ConfigError
from spanloom.tasks.language_model.codec import LanguageModelCodec, make_row
from spanloom.text.counts import several

Arranged = tuple[list[Example], list[Row]]


def arrange(examples: Sequence[Example], rows: Sequence[Row], codec: LanguageModelCodec, config: RunConfig) -> Arranged:
    """The rows to train on, each beside the example in which it begins. Raises ConfigError for a text too short."""
    steps = config.model.steps
    if codec.direction == "backward":  # each row is the other way round already, and what comes last is read first
        examples, rows = examples[::-1], rows[::-1]
    if config.train.sampler.kind == "sequential":
        return _stripes(examples, rows, codec, config)
    found: Arranged = [], []
    for example, row in zip(examples, rows, strict=True):
        for start in range(0, row.length, steps):
            tokens, following = (row.inputs[name][start : start + steps] for name in ("tokens", "following"))
            _add(found, example, tokens, following)
    return found


def _stripes(
    examples: Sequence[Example], rows: Sequence[Row], codec: LanguageModelCodec, config: RunConfig
) -> Arranged:
    stream, begins = one_stream([row.inputs["following"] for row in rows], _space(codec))
    batch, steps = config.train.batch_size, config.model.steps
    length = (len(stream) - 1) // batch
    if length < 1:
        found = f"is {batch}, but the training text has {several(len(stream), 'unit')}"
        raise ConfigError("train.batch_size", found, "2 units a stripe at least", "Lower it, or give more text.")
    if batch * steps > config.train.batch_tokens:
        side_by_side = several(batch, f"stripe of {several(steps, 'unit')}")
        found = f"is {config.train.batch_tokens:,}, but {side_by_side} are read side by side"
        remedy = f"Set train.batch_tokens = {batch * steps}, or lower train.batch_size or model.steps."
        raise ConfigError("train.batch_tokens", found, f"{batch * steps:,} at least", remedy)
    arranged: Arranged = [], []
    for first in range(0, length, steps):
        for start in range(first, batch * length, length):
            end = start + min(steps, length - first)
            example = examples[int(np.searchsorted(begins, start, side="right")) - 1]
            _add(arranged, example, stream[start:end], stream[start + 1 : end + 1])
    return arranged


def _add(arranged: Arranged, example: Example, tokens: Array, following: Array) -> None:
    arranged[0].append(example)
    arranged[1].append(make_row(tokens, following, np.array([len(tokens)])))


def one_stream(texts: Sequence[Array], space: int | None) -> tuple[Array, Array]:
    """All texts as one stream, and where in it each begins. space: a unit that never stands twice in a row."""
    parts: list[Array] = []
    for text in texts:
        if space is not None and parts and parts[-1][-1:] == space and text[:1] == space:
            text = text[1:]
        parts.append(text)
    begins = np.cumsum([0, *map(len, parts[:-1])])
    return np.concatenate(parts), begins


def _space(codec: LanguageModelCodec) -> int | None:
    reader = codec.units.reader
    return codec.units.number(" ") if reader.normalise and reader.kind == "character" else None

"""What training a table of words by words will need, before it starts: memory and time an epoch. NumPy only.

Memory grows with the square of the longest sentence, which users of such tables elsewhere learn from a crash. It is
told from data, configuration and this machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from spanloom.answers.parts.excerpts import excerpts
from spanloom.batch.samplers import build_sampler
from spanloom.config import RunConfig
from spanloom.contracts import Codec
from spanloom.core import Example
from spanloom.encoders.contract import EncoderSize

FLOAT = 4  # bytes
OPTIMIZER_COPIES = 5  # weight, gradient, two moments, running average
CELL_COPIES = 10  # score, gold, and what the loss and its gradient keep of them
ACTIVATIONS = 24  # floats kept for each unit of an encoder's layer until the backward pass
STEP_SECONDS = 0.02  # Python, collation, the optimizer
EFFICIENCY = 0.4  # how much of a plain matrix product's speed a whole step reaches


class HeadSize(NamedTuple):
    """weights: that every word is multiplied by. cells: words -> score cells of a sentence. products: of each cell."""

    weights: int
    cells: Callable[[int], int]
    products: int


def estimate(
    examples: Sequence[Example], codec: Codec, config: RunConfig, encoder: EncoderSize, head: HeadSize
) -> dict[str, Any]:
    """Sentences, padded pieces and steps an epoch, the longest sentence in words, peak memory, seconds an epoch.

    memory_bytes and seconds_per_epoch are rough; the `note` says how rough.
    """
    if config.train.augment.windows:
        examples = [part for example in examples for part in excerpts(example, config.model.max_words)]
    rows = [codec.encode(example) for example in examples]
    lengths = np.array([row.length for row in rows])
    groups = build_sampler(rows, config.train, config.seed)(1)
    pieces = sum(len(group) * int(lengths[group].max()) for group in groups)
    cells = [len(group) * head.cells(max(rows[index].width for index in group)) for group in groups]
    work = 6.0 * (encoder.products + head.weights) * pieces + 6.0 * sum(cells) * head.products
    largest = max(len(group) * int(lengths[group].max()) for group in groups)
    memory = FLOAT * (
        (encoder.trained + head.weights) * OPTIMIZER_COPIES
        + encoder.frozen
        + largest * encoder.inner * ACTIVATIONS
        + max(cells) * CELL_COPIES
    )
    threads = config.train.threads or os.cpu_count() or 1
    steps = -(-len(groups) // config.train.accumulate)
    return {
        "sentences": len(rows),
        "padded_pieces": pieces,
        "steps": steps,
        "longest_words": max(row.width for row in rows),
        "memory_bytes": int(memory),
        "seconds_per_epoch": work / (_speed() * EFFICIENCY) + steps * STEP_SECONDS,
        "threads": threads,
        "note": "rough: within a factor of two on the machines we measured",
    }


def _speed() -> float:
    """Floating-point operations a second of a matrix product here, the best of a few."""
    left, right = np.ones((256, 384), dtype=np.float32), np.ones((384, 1536), dtype=np.float32)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - start)
    return 2.0 * left.size * right.shape[1] / best

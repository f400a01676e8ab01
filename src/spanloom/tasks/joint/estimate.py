"""What training will need, before it starts: memory and time an epoch, from data, configuration and this machine.

Memory grows with the square of the longest sentence, which users of pair tables elsewhere learn from a crash.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from spanloom.batch.samplers import build_sampler
from spanloom.config import RunConfig
from spanloom.core import Example, Row
from spanloom.nn.encoders.size import encoder_size
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig
from spanloom.text.excerpts import excerpts

FLOAT = 4  # bytes
OPTIMIZER_COPIES = 5  # weight, gradient, two moments, running average
CELL_COPIES = 10  # score, gold, and what the loss and its gradient keep of them
ACTIVATIONS = 24  # floats kept for each unit of an encoder's layer until the backward pass
STEP_SECONDS = 0.02  # Python, collation, the optimizer
EFFICIENCY = 0.4  # how much of a plain matrix product's speed a whole step reaches


def estimate(examples: Sequence[Example], codec: JointCodec, config: RunConfig) -> dict[str, Any]:
    """Sentences, padded pieces and steps an epoch, the longest sentence in words, peak memory, seconds an epoch.

    memory_bytes and seconds_per_epoch are rough; the `note` says how rough.
    """
    if config.train.augment.windows:
        examples = [part for example in examples for part in excerpts(example, codec.max_words)]
    rows = [codec.encode(example) for example in examples]
    lengths = np.array([row.length for row in rows])
    groups = build_sampler(rows, config.train, config.seed)(1)
    encoder = encoder_size(config.model.encoder, codec.features)
    maps = encoder.maps if config.model.encoder.attention and config.model.scheme == "table" else 0
    head = _head_size(codec, config.model, encoder.width, maps)
    pieces = sum(len(group) * int(lengths[group].max()) for group in groups)
    cells = [_cells(rows, group, codec, maps) for group in groups]
    work = 6.0 * (encoder.products + head) * pieces + 6.0 * sum(cells) * (config.model.rank + 8)
    largest = max(len(group) * int(lengths[group].max()) for group in groups)
    memory = FLOAT * (
        (encoder.trained + head) * OPTIMIZER_COPIES
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


def _cells(rows: Sequence[Row], group: Any, codec: JointCodec, maps: int) -> int:
    words: int = max(rows[index].width for index in group)
    return len(group) * (codec.scheme.cells(words) + maps * words * words)


def _head_size(codec: JointCodec, config: JointConfig, width: int, maps: int) -> int:
    if config.scheme == "tagging":
        return width * codec.scheme.limits()["tags"]
    table = 2 * (width + config.label_width) * config.projection + 2 * config.projection * config.rank
    labels = len(codec.labels.entities) + 2 * len(codec.labels.relations)
    return 3 * table + 2 * (config.projection + maps) * labels


def _speed() -> float:
    """Floating-point operations a second of a matrix product here, the best of a few."""
    left, right = np.ones((256, 384), dtype=np.float32), np.ones((384, 1536), dtype=np.float32)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - start)
    return 2.0 * left.size * right.shape[1] / best

"""How much of the computing is spent on padding, by sampler."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spanloom.batch.samplers import build_sampler
from spanloom.config import TrainConfig, kinds_of
from spanloom.core import Array, Row
from spanloom.errors import ConfigError

SAMPLERS = kinds_of(TrainConfig, "sampler")


@dataclass(frozen=True, slots=True)
class SamplerCost:
    """An epoch of a sampler: its batches, the rows and tokens in them, and the part of padded tokens (0..1) wasted."""

    sampler: str
    batches: int
    rows: int
    padded_tokens: int
    waste: float


def padded_tokens(lengths: Sequence[int] | Array, batches: Sequence[Array]) -> int:
    """The tokens of index batches in which every row is as long as the longest of its batch."""
    sizes = np.asarray(lengths, dtype=np.int64)
    return sum(len(batch) * int(sizes[batch].max()) for batch in batches)


def padding_waste(lengths: Sequence[int] | Array, batches: Sequence[Array]) -> float:
    """The part, in 0..1, of the padded tokens of these index batches that is padding."""
    sizes = np.asarray(lengths, dtype=np.int64)
    padded = padded_tokens(sizes, batches)
    return 1.0 - sum(int(sizes[batch].sum()) for batch in batches) / padded if padded else 0.0


def compare_samplers(rows: Sequence[Row], config: TrainConfig, seed: int) -> list[SamplerCost]:
    """The first epoch of every sampler: of the one that `config` names with its settings, of the others with defaults.

    One that the rows do not allow is left out; ConfigError where it is the one that `config` names.
    """
    lengths = np.array([row.length for row in rows], dtype=np.int64)
    costs = []
    for name, kind in SAMPLERS.items():
        sampler = config.sampler if name == config.sampler.kind else kind()
        try:
            batches = build_sampler(rows, dataclasses.replace(config, sampler=sampler), seed)(1)
        except ConfigError:
            if name == config.sampler.kind:
                raise
            continue
        waste, padded = padding_waste(lengths, batches), padded_tokens(lengths, batches)
        costs.append(SamplerCost(name, len(batches), sum(map(len, batches)), padded, waste))
    return costs

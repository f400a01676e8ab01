"""The `[train.sampler]` table: which examples go together, each kind with its own settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from spanloom.config.ranges import RISING, Count
from spanloom.config.settings import setting


@dataclass(frozen=True)
class Buckets:
    """Batches of like length, sorted with some noise."""

    kind: Literal["buckets"] = "buckets"


@dataclass(frozen=True)
class Sequential:
    """Batches in the order of the file."""

    kind: Literal["sequential"] = "sequential"


@dataclass(frozen=True)
class Shuffled:
    """Batches in random order, whatever the lengths."""

    kind: Literal["shuffled"] = "shuffled"


@dataclass(frozen=True)
class Breakpoints:
    """Batches of one group of lengths each."""

    kind: Literal["breakpoints"] = "breakpoints"
    breakpoints: Annotated[tuple[Count, ...], RISING] = setting(
        (8, 16, 32, 64, 128), "the longest length of each group", was="breakpoints"
    )


@dataclass(frozen=True)
class KMeans:
    """Batches of one group of lengths each, the groups being those that fit the lengths best."""

    kind: Literal["kmeans"] = "kmeans"
    groups: Count = setting(8, "groups at most", was="length_buckets")


@dataclass(frozen=True)
class Windows:
    """Batches from a random order that is sorted by length inside windows."""

    kind: Literal["windows"] = "windows"
    window: Count = setting(50, "batches of a window", was="window")


@dataclass(frozen=True)
class Weighted:
    """Batches of like length of examples that are drawn with replacement."""

    kind: Literal["weighted"] = "weighted"
    by: Literal["class", "example"] = setting(
        "class", "make classes equally frequent, or go by each example's own weight", was="sample_by"
    )


SamplerConfig = Buckets | Sequential | Shuffled | Breakpoints | KMeans | Windows | Weighted

"""What training a joint model will need, before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spanloom.config import RunConfig
from spanloom.core import Example
from spanloom.encoders import encoder_size
from spanloom.encoders.estimate import HeadSize
from spanloom.encoders.estimate import estimate as estimate_training
from spanloom.tasks.joint.codec import JointCodec
from spanloom.tasks.joint.config import JointConfig


def estimate(examples: Sequence[Example], codec: JointCodec, config: RunConfig) -> dict[str, Any]:
    """As `encoders/estimate.py` has it, for the chosen scheme."""
    encoder = encoder_size(config.model.encoder, codec.features)
    maps = encoder.maps if config.model.scheme == "table" else 0
    head = HeadSize(
        _weights(codec, config.model, encoder.width, maps),
        lambda words: codec.scheme.cells(words) + maps * words * words,
        config.model.rank + 8,
    )
    return estimate_training(examples, codec, config, encoder, head)


def _weights(codec: JointCodec, config: JointConfig, width: int, maps: int) -> int:
    if config.scheme == "tagging":
        return width * codec.scheme.limits()["tags"]
    table = 2 * (width + config.label_width) * config.projection + 2 * config.projection * config.rank
    labels = len(codec.labels.entities) + 2 * len(codec.labels.relations)
    return 3 * table + 2 * (config.projection + maps) * labels

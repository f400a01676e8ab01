"""What a task's network asks of its encoder. B batch, T words, D width, M maps. Torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn


class EncoderOutput(NamedTuple):
    """vectors [B, T, D] and, where wanted, maps [B, M, T, T]: what words attend to, by layer and attention head."""

    vectors: Tensor
    maps: Tensor | None


class EncoderModule(nn.Module):
    """The arrays of its features, and `beside` where it was wanted -> `EncoderOutput`. It is the `encoder` of a model.

    width: D. maps: how many maps it answers with. backward: how many of the dimensions, the last, are read from right
    to left; None where no layer reads in order. architecture, pretrained_prefixes: as of a `Model`.
    """

    width: int
    maps: int = 0
    backward: int | None = None
    architecture: Mapping[str, Any]
    pretrained_prefixes: tuple[str, ...] = ()

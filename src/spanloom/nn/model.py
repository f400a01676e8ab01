"""What training asks of a network besides its forward pass. Torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from torch import nn


class Model(nn.Module):
    """What `Task.build` makes; the values here are those of a network that starts from nothing.

    architecture: a plain dict from which `Task.build` makes the same module, None where settings and codec say it all.
    pretrained_prefixes: how the names of parameters begin that start from pretrained weights, and learn at a rate of
    their own. adversarial_names: the modules whose outputs adversarial training moves; None leaves it to look for
    tables that read tokens.
    """

    architecture: Mapping[str, Any] | None = None
    pretrained_prefixes: tuple[str, ...] = ()
    adversarial_names: tuple[str, ...] | None = None


@runtime_checkable
class ByEpoch(Protocol):
    """A part of a network that changes with the epochs, counted from 1: it is told of each before its first step."""

    def begin_epoch(self, epoch: int) -> None: ...

"""The `[train.optimizer]` table: what makes updates of gradients, each kind with its own settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config.ranges import FractionBelowOne
from spanloom.config.settings import setting


@dataclass(frozen=True)
class AdamW:
    """Adam with a weight decay that does not pass through its running sizes."""

    kind: Literal["adamw"] = "adamw"


@dataclass(frozen=True)
class Adam:
    """Adam, its weight decay a part of the gradient."""

    kind: Literal["adam"] = "adam"


@dataclass(frozen=True)
class SGD:
    """Plain descent, with momentum."""

    kind: Literal["sgd"] = "sgd"
    momentum: FractionBelowOne = setting(0.9, "part of the last update that the next one repeats", was="momentum")


@dataclass(frozen=True)
class RMSProp:
    """Descent divided by the running size of each gradient."""

    kind: Literal["rmsprop"] = "rmsprop"


OptimizerConfig = AdamW | Adam | SGD | RMSProp

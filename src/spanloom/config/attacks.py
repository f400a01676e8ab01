"""The `[train.adversarial]` table: how embedded sentences are moved to raise the loss, each kind with its own settings.

Distances are Euclidean lengths over all the tokens of a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from spanloom.config.ranges import Amount, Range
from spanloom.config.settings import setting


@dataclass(frozen=True)
class NoAttack:
    """Sentences are learned from as they are."""

    kind: Literal["none"] = "none"


@dataclass(frozen=True)
class FGM:
    """Sentences are moved once, along the gradient."""

    kind: Literal["fgm"] = "fgm"
    epsilon: Amount = setting(1.0, "how far, a length over all tokens; 0 for not at all", was="adversarial_epsilon")


@dataclass(frozen=True)
class PGD:
    """Sentences are moved several times, along a new gradient each time."""

    kind: Literal["pgd"] = "pgd"
    epsilon: Amount = setting(
        1.0, "how far in all, a length over all tokens; 0 for not at all", was="adversarial_epsilon"
    )
    alpha: Amount = setting(0.3, "how far each time", was="adversarial_alpha")
    steps: Annotated[int, Range(1, 1000)] = setting(3, "how many times", was="adversarial_steps")


AttackConfig = NoAttack | FGM | PGD

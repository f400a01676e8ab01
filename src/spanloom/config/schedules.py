"""The `[train.schedule]` table: what the learning rates do after the warm-up, each kind with its own settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from spanloom.config.ranges import RISING, CountOrNone, Fraction, FractionAboveZero, Rate
from spanloom.config.settings import setting


@dataclass(frozen=True)
class Linear:
    """The rates fall in a straight line."""

    kind: Literal["linear"] = "linear"
    final: Fraction = setting(0.0, "where they end, a part of the peak", was="final_learning_rate")


@dataclass(frozen=True)
class Constant:
    """The rates stay at their peak."""

    kind: Literal["constant"] = "constant"


@dataclass(frozen=True)
class Step:
    """The rates drop at equal distances."""

    kind: Literal["step"] = "step"
    gamma: FractionAboveZero = setting(0.5, "what a drop multiplies them by", was="gamma")
    every: FractionAboveZero = setting(0.25, "part of the run between drops", was="decay_every")


@dataclass(frozen=True)
class MultiStep:
    """The rates drop at milestones."""

    kind: Literal["multistep"] = "multistep"
    gamma: FractionAboveZero = setting(0.5, "what a drop multiplies them by", was="gamma")
    milestones: Annotated[tuple[Fraction, ...], RISING] = setting(
        (0.5, 0.75), "parts of the run at which they drop", was="milestones"
    )


@dataclass(frozen=True)
class Exponential:
    """The rates fall by the same part in each step."""

    kind: Literal["exponential"] = "exponential"
    gamma: FractionAboveZero = setting(0.5, "what they are multiplied by over each part of the run", was="gamma")
    every: FractionAboveZero = setting(0.25, "how large that part of the run is", was="decay_every")


@dataclass(frozen=True)
class Cosine:
    """The rates fall as half a cosine."""

    kind: Literal["cosine"] = "cosine"
    final: Fraction = setting(0.0, "where they end, a part of the peak", was="final_learning_rate")


@dataclass(frozen=True)
class Polynomial:
    """The rates fall as a power of what is left of the run."""

    kind: Literal["polynomial"] = "polynomial"
    power: Rate = setting(2.0, "the degree of the polynomial", was="power")
    final: Fraction = setting(0.0, "where they end, a part of the peak", was="final_learning_rate")


@dataclass(frozen=True)
class OneCycle:
    """The rates rise as half a cosine over the warm-up, and then fall as one."""

    kind: Literal["onecycle"] = "onecycle"
    start: Fraction = setting(0.04, "where they start, a part of the peak", was="cycle_start")
    final: Fraction = setting(0.0, "where they end, a part of the peak", was="final_learning_rate")


@dataclass(frozen=True)
class Plateau:
    """The rates drop whenever scored epochs in a row bring no better dev score."""

    kind: Literal["plateau"] = "plateau"
    gamma: FractionAboveZero = setting(0.5, "what a drop multiplies them by", was="gamma")
    patience: CountOrNone = setting(
        2, "scored epochs in a row without a better score that are put up with", was="plateau"
    )
    final: Fraction = setting(0.0, "below which they do not drop, a part of the peak", was="final_learning_rate")


@dataclass(frozen=True)
class Bold:
    """A better dev score raises the rates by 5%; a worse one halves them and puts back the weights before."""

    kind: Literal["bold"] = "bold"


ScheduleConfig = Linear | Constant | Step | MultiStep | Exponential | Cosine | Polynomial | OneCycle | Plateau | Bold

"""Whether what a model puts out, and what is made of it, are numbers at all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from spanloom.core import Array
from spanloom.errors import DataError

REMEDY = "Leave this text out, or use another model: the weights of this one may be damaged."


def refuse_odd_outputs(outputs: Mapping[str, Array]) -> None:
    """Raise DataError where an output is NaN or infinity: answers made of it would be wrong without a sign of it.

    Minus infinity may be: it is what cannot be.
    """
    for name, array in outputs.items():
        if array.size and not array.max() < np.inf:
            raise DataError("predict", f"the model's output '{name}' holds {array.max()}", "numbers", REMEDY)


def refuse_odd_scores(answer: Any) -> None:
    """Raise DataError where an answer has a number in it that is NaN or infinite, which JSON has no word for."""
    if isinstance(answer, (float, np.floating)):
        if not math.isfinite(answer):
            raise DataError("predict", f"a score of the answer is {float(answer)}", "a finite number", REMEDY)
    elif isinstance(answer, tuple):
        for part in answer:
            refuse_odd_scores(part)
    elif dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(answer):
            refuse_odd_scores(getattr(answer, field.name))

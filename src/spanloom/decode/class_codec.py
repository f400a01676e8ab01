"""What codecs share whose answers are classes of a whole input: of a text, a pair of marked spans, a picture.

B batch, S scores. NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spanloom.answers.parts.facts import CLASSES
from spanloom.core import Array, Arrays, Batch, Beliefs, Claim, Example, Row
from spanloom.decode.beliefs import class_beliefs
from spanloom.decode.classes import Classes
from spanloom.decode.scaling import ScaledCodec


class ClassCodec(ScaledCodec):
    """classes: what is told apart; loss: see `Classes.weighing`."""

    classes: Classes
    loss: Mapping[str, Any]

    def unknown(self, example: Example) -> list[tuple[str, str]]:
        """The labels of an example that training never had."""
        return self.classes.unknown(example)

    def require_known(self, example: Example) -> None:
        """Raises DataError, citing the line, for a label that training never had."""
        self.classes.require_known(example)

    def known(self) -> dict[str, Sequence[str]]:
        """The classes of training data."""
        return {"label": self.classes.names}

    def believed(
        self, outputs: Mapping[str, Array], batch: Batch, claimed: Sequence[Sequence[Claim]]
    ) -> Sequence[Beliefs]:
        """Of every class."""
        labels = self.classes.decode(outputs["classes"])
        return [class_beliefs(label.probabilities or (), self.classes.names, CLASSES) for label in labels]

    def perfect(self, batch: Batch) -> Arrays:
        """Scores by which each example gets its gold classes."""
        return {"classes": self.classes.perfect(batch.targets["classes"])}

    def output_sizes(self) -> dict[str, tuple[int | None, ...]]:
        """Classes [B, S]."""
        return {"classes": (None, self.classes.scores)}

    def targets(self, rows: Sequence[Row]) -> Arrays:
        """The targets of a batch and what their loss goes by; none of rows without gold."""
        if not rows[0].targets:
            return {}
        stacked = {name: np.stack([row.targets[name] for row in rows]) for name in rows[0].targets}
        return {**stacked, **{name: np.asarray(value, np.float32) for name, value in self.loss.items()}}

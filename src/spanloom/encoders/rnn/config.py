"""The `[model.encoder]` table of recurrent layers above words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.encoders.parts.settings import OfWords, Recurrent


@dataclass(frozen=True)
class RnnConfig(Recurrent, OfWords):
    """Recurrent layers above words, which learn to read from the training data alone."""

    kind: Literal["rnn"] = "rnn"

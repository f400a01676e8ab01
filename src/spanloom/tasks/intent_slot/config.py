"""The `[model]` table of the intent_slot task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spanloom.config import setting
from spanloom.config.ranges import FractionBelowOne, WidthOrNone, WordCount
from spanloom.encoders import DEFAULT, EncoderChoice


@dataclass(frozen=True)
class IntentSlotConfig:
    """How the intents and slots of requests are found."""

    head: Literal["crf", "softmax"] = setting(
        "crf",
        "for slots 'crf' scores whole sequences of tags, 'softmax' each tag, but never what the scheme forbids",
    )
    scheme: Literal["bio2", "bioes"] = setting(
        "bio2", "how the model writes slots; data and answers are BIO2 either way"
    )
    intent_width: WidthOrNone = setting(
        64, "width of the vector that tells the slots which intents are likely, 0 to tell them nothing"
    )
    max_words: WordCount = setting(
        200, "longer requests are cut into windows when predicting; what is cut off in training is counted"
    )
    dropout: FractionBelowOne = setting(0.3, "part of what the heads read that is hidden in training")
    confidence: bool = setting(True, "say how sure each slot is, which takes a CRF twice as long as finding them")
    out_of_scope: FractionBelowOne = setting(
        0.02,
        "part of the dev requests that may be rejected as out of scope: it sets the threshold after training; "
        "0 rejects none",
    )
    encoder: EncoderChoice = setting(DEFAULT, "what reads the text")

"""The `[model]` table of the intent_slot task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig
from spanloom.config.ranges import PartBelowOne, WidthOrNone, Words


@dataclass(frozen=True)
class IntentSlotConfig:
    """The `[model]` table of the intent_slot task.

    head: of the slots: "crf" scores whole sequences of tags (Lafferty et al. 2001); "softmax" chooses each token's tag
    by itself, but never what the scheme forbids. scheme: how the model writes slots; data and answers are BIO2 either
    way. intent_width: of the vector that tells the slots which intents are likely, 0 to tell them nothing. max_words:
    longer requests are cut into windows when predicting, and what is cut off in training is counted. confidence: say
    how sure each slot is, which takes a CRF twice as long as finding them.

    out_of_scope: the part of the dev requests, all of which are in scope, that may be rejected as being about something
    else: the threshold is fitted on dev data after training. 0 fits none, and nothing is ever rejected.
    """

    head: Literal["crf", "softmax"] = "crf"
    scheme: Literal["bio2", "bioes"] = "bio2"
    intent_width: WidthOrNone = 64
    max_words: Words = 200
    dropout: PartBelowOne = 0.3
    confidence: bool = True
    out_of_scope: PartBelowOne = 0.02
    encoder: EncoderConfig = field(default_factory=EncoderConfig)

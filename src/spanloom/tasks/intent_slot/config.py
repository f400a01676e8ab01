"""The `[model]` table of the intent_slot task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from spanloom.config import EncoderConfig
from spanloom.errors import ConfigError


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
    intent_width: int = 64
    max_words: int = 200
    dropout: float = 0.3
    confidence: bool = True
    out_of_scope: float = 0.02
    encoder: EncoderConfig = field(default_factory=EncoderConfig)


def check_settings(config: IntentSlotConfig) -> None:
    """Raise ConfigError for the first number that is out of range."""
    if config.max_words < 1:
        raise ConfigError("model.max_words", f"is {config.max_words}", "at least 1", "Change it.")
    if config.intent_width < 0:
        raise ConfigError("model.intent_width", f"is {config.intent_width}", "0 or more", "Change it.")
    for name in ("dropout", "out_of_scope"):
        value = getattr(config, name)
        if not 0 <= value < 1:
            raise ConfigError(f"model.{name}", f"is {value}", "a part in 0..1, below 1", "Change it.")

"""Intents and slots to the toolkit's own JSON lines, which `read.frame_lines` reads back without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.frame import Frame
from spanloom.core import Example, Text
from spanloom.text.words import tokenize
from spanloom.write.spanloom import lost_to_dict
from spanloom.write.tag_lines import spans_to_dicts


def frame_to_dict(text: Text, frame: Frame) -> dict[str, Any]:
    """What a user sees of an answer: `intent`, None for a text of nothing, and `slots`.

    Offsets are characters of the text, half-open. Where the answer has scores: `intent_score`, and `score` of each
    slot, which is as sure as the least sure of its tokens. `out_of_scope`, in 0..1, and `rejected`, where they are
    known.
    """
    item: dict[str, Any] = {"text": text.text, "intent": frame.intent.names[0] if frame.intent.names else None}
    if frame.intent.scores:
        item["intent_score"] = float(frame.intent.scores[0])
    item["slots"] = spans_to_dicts(text, frame.slots)
    if frame.out_of_scope is not None:
        item |= {"out_of_scope": float(frame.out_of_scope), "rejected": frame.rejected}
    return item


def frame_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    text: Text = example.input
    item: dict[str, Any] = {"text": text.text}
    if example.gold is not None:
        gold: Frame = example.gold
        bare = Frame(replace(gold.intent, scores=None), replace(gold.slots, scores=None))
        item = frame_to_dict(text, bare)
    if text.tokens != tokenize(text.text):
        item["tokens"] = [[token.start, token.end] for token in text.tokens]
    return item | lost_to_dict(example)

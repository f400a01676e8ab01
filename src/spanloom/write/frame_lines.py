"""Intents and slots to the toolkit's own JSON lines, which `read.frame_lines` reads back without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.frame import Frame, frame_to_dict
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.text.words import tokenize
from spanloom.write.spanloom import lost_to_dict


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

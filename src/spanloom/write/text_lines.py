"""Texts and how surprising they are to the toolkit's own JSON lines, which `read.text_lines` reads back."""

from __future__ import annotations

from typing import Any

from spanloom.answers.surprisal import Surprisal
from spanloom.core import Example, Text


def surprisal_to_dict(text: Text, answer: Surprisal) -> dict[str, Any]:
    """What a user sees of an answer: the text, its bits in all, and each token with its own, in character offsets."""
    tokens = [
        {"start": token.start, "end": token.end, "text": token.text, "bits": round(bits, 4)}
        for token, bits in zip(text.tokens, answer.bits, strict=True)
    ]
    return {"text": text.text, "bits": round(sum(answer.bits), 4), "tokens": tokens}


def text_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    return {"text": example.input.text}

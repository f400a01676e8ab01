"""Dialogues and their rewrites to the toolkit's own JSON lines, which `read.dialogue_lines` reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.rewrite import Rewrite
from spanloom.core import Dialogue, Example


def rewrite_to_dict(dialogue: Dialogue, answer: Rewrite) -> dict[str, Any]:
    """What a user sees of an answer: `turns`, `rewrite` and its `score` if any."""
    scored = {} if answer.score is None else {"score": float(answer.score)}
    return {"turns": [turn.text for turn in dialogue.turns], "rewrite": answer.text, **scored}


def dialogue_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    if example.gold is None:
        return {"turns": [turn.text for turn in example.input.turns]}
    return rewrite_to_dict(example.input, replace(example.gold, score=None))

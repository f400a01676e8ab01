"""Dialogues and their rewrites to the toolkit's own JSON lines, which `read.dialogue_lines` reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.rewrite import rewrite_to_dict
from spanloom.core import Example


def dialogue_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    if example.gold is None:
        return {"turns": [turn.text for turn in example.input.turns]}
    return rewrite_to_dict(example.input, replace(example.gold, score=None))

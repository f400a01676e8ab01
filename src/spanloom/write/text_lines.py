"""Texts to the toolkit's own JSON lines, which `read.text_lines` reads back."""

from __future__ import annotations

from typing import Any

from spanloom.core import Example


def text_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    return {"text": example.input.text}

"""Labels of texts and of pairs to the toolkit's own JSON lines, which `read.label_lines` reads back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.label import labels_to_dict, texts_to_dict
from spanloom.core import Example


def label_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    if example.gold is None:
        return texts_to_dict(example.input)
    return labels_to_dict(example.input, replace(example.gold, scores=None))

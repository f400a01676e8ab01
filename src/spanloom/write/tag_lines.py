"""Tags to the toolkit's own JSON lines, which `read.tag_lines` reads back without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.tags import tags_to_dict
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.write.spanloom import lost_to_dict


def tag_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, with all that is needed to read back an equal one (but for its source)."""
    text: Text = example.input
    if example.gold is None:
        tokens = [{"start": token.start, "end": token.end, "text": token.text} for token in text.tokens]
        item: dict[str, Any] = {"text": text.text, "tokens": tokens}
    else:
        item = tags_to_dict(text, replace(example.gold, scores=None))
    return item | lost_to_dict(example)

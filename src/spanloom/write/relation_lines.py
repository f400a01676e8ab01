"""Related spans to the toolkit's own JSON lines, which `read.relation_lines` reads back."""

from __future__ import annotations

from typing import Any

from spanloom.answers.relation import marked_to_dict
from spanloom.core import Example
from spanloom.inputs import MarkedText
from spanloom.text.marks import mark
from spanloom.write.spanloom import lost_to_dict


def relation_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, which reads back as an equal one (but for its source)."""
    item: MarkedText = example.input
    text = item.text
    line = marked_to_dict(item)
    if text.tokens != mark(text.text, text.characters(item.head), text.characters(item.tail)).text.tokens:
        line["tokens"] = [[token.start, token.end] for token in text.tokens]
    if example.gold is not None:
        line["relation"] = example.gold.label
    return line | lost_to_dict(example)

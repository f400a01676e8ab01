"""Examples to the toolkit's own JSON lines, which `read.spanloom` reads back without loss."""

from __future__ import annotations

from typing import Any

from spanloom.answers.graph import graph_to_dict
from spanloom.core import Example
from spanloom.inputs import Text
from spanloom.read.parts.entities_alone import NO_RELATIONS
from spanloom.text.words import tokenize


def example_to_dict(example: Example) -> dict[str, Any]:
    """An example as a line of the format, with all that is needed to read back an equal one (but for its source)."""
    text: Text = example.input
    item: dict[str, Any] = {"text": text.text} if example.gold is None else graph_to_dict(text, example.gold)
    if any(case == NO_RELATIONS for _, case in example.mended):
        del item["relations"]  # an empty list would say that there are none
    if text.tokens != tokenize(text.text):
        item["tokens"] = [[token.start, token.end] for token in text.tokens]
    if example.by_text:
        item["by_text"] = True
    if example.ambiguous:
        item["ambiguous"] = example.ambiguous
    return item | lost_to_dict(example)


def lost_to_dict(example: Example) -> dict[str, Any]:
    """The key `lost` where an example has lost facts."""
    facts = [{"kind": fact.kind, "label": fact.label, "text": fact.text, "cause": fact.cause} for fact in example.lost]
    return {"lost": facts} if facts else {}

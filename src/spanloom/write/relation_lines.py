"""Related spans to the toolkit's own JSON lines, which `read.relation_lines` reads back."""

from __future__ import annotations

from typing import Any

from spanloom.core import Example, MarkedText, Relation, Span, Text
from spanloom.text.marks import mark
from spanloom.write.spanloom import lost_to_dict


def relation_to_dict(item: MarkedText, answer: Relation) -> dict[str, Any]:
    """What a user sees of an answer: offsets are characters of the text without marks; `score` where there is one."""
    shown = {**marked_to_dict(item), "relation": answer.label}
    return shown if answer.score is None else {**shown, "score": float(answer.score)}


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


def marked_to_dict(item: MarkedText) -> dict[str, Any]:
    """A text with its head and tail, each with its label where it has one."""
    return {"text": item.text.text, "head": _span(item.text, item.head), "tail": _span(item.text, item.tail)}


def _span(text: Text, span: Span) -> dict[str, Any]:
    start, end = text.characters(span)
    found = {"start": start, "end": end, "text": text.text[start:end]}
    return {**found, "label": span.label} if span.label else found

"""Tags to the toolkit's own JSON lines, which `read.tag_lines` reads back without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spanloom.answers.tags import Tags
from spanloom.core import Example, Span, Text
from spanloom.text.tags import is_bio2, spans_from_tags
from spanloom.write.spanloom import entity_to_dict, lost_to_dict


def tags_to_dict(text: Text, tags: Tags) -> dict[str, Any]:
    """What a user sees of an answer: `tokens`, and `entities` where the tags are those of spans.

    Offsets are characters of the text, half-open. Each token has the key `score` only when the tags have scores; an
    entity is as sure as the least sure of its tokens.
    """
    tokens: list[dict[str, Any]] = [
        {"start": token.start, "end": token.end, "text": token.text, "label": label}
        for token, label in zip(text.tokens, tags.labels, strict=True)
    ]
    if tags.scores is not None:
        for token, score in zip(tokens, tags.scores, strict=True):
            token["score"] = float(score)
    item: dict[str, Any] = {"text": text.text, "tokens": tokens}
    if is_bio2(tags.labels):
        item["entities"] = spans_to_dicts(text, tags)
    return item


def spans_to_dicts(text: Text, tags: Tags) -> list[dict[str, Any]]:
    """The spans that tags in BIO2 say, each with its score where the tags have some: that of its least sure token."""
    return [entity_to_dict(text, _scored(span, tags)) for span in spans_from_tags(tags.labels, "bio2")]


def _scored(span: Span, tags: Tags) -> Span:
    return span if tags.scores is None else replace(span, score=min(tags.scores[span.start : span.end]))


def tag_line(example: Example) -> dict[str, Any]:
    """An example as a line of the format, with all that is needed to read back an equal one (but for its source)."""
    text: Text = example.input
    if example.gold is None:
        tokens = [{"start": token.start, "end": token.end, "text": token.text} for token in text.tokens]
        item: dict[str, Any] = {"text": text.text, "tokens": tokens}
    else:
        item = tags_to_dict(text, replace(example.gold, scores=None))
    return item | lost_to_dict(example)

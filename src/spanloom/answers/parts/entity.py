"""A labelled part of a text as a user sees it."""

from __future__ import annotations

from typing import Any

from spanloom.inputs import Span, Text


def entity_to_dict(text: Text, span: Span) -> dict[str, Any]:
    """An entity as a user sees it; it has the key `score` only when it has a score."""
    start, end = text.characters(span)
    entity = {"start": start, "end": end, "label": span.label, "text": text.text[start:end]}
    return entity if span.score is None else {**entity, "score": float(span.score)}
